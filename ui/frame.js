// What Streamlit leaves to do: the page's language, its own English words, a region that says aloud what happens,
// where the page stands after a question, Esc for Stop, and questions that are too long.
// Whatever is shown comes as data and is set as text, never as HTML.

const BOX = "[data-testid=stChatInputTextArea]";
const OURS = ".stHtml, .st-key-examples, pre, code, #wj-live";
const LABELS = ["aria-label", "title", "placeholder"];
const originals = new Map(); // what stands in the place of Streamlit's words, to those words
let data = {};
let seen = null; // the number of questions when the page was last drawn
let status = "";
let saying = 0;
let boxed = false; // whether there was a box to ask in

function region() {
  let live = document.getElementById("wj-live");
  if (!live) {
    live = document.createElement("div");
    live.id = "wj-live";
    live.setAttribute("role", "status");
    live.setAttribute("aria-live", "polite");
    document.body.append(live);
  }
  return live;
}

function say(text) {
  const live = region();
  live.lang = data.lang;
  live.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => { live.textContent = text; }, 100); // a change is what is read out
}

function translated(text, beginnings = {}) {
  const english = originals.get(text) ?? text;
  let shown = data.texts[english] ?? english;
  for (const [beginning, put] of Object.entries(beginnings)) {
    if (english.startsWith(beginning)) shown = put + english.slice(beginning.length);
  }
  if (shown !== english) originals.set(shown, english);
  return shown;
}

function translate(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.nodeValue.trim();
    if (!text || node.parentElement?.closest(OURS)) return;
    const shown = translated(text);
    if (shown !== text) {
      node.nodeValue = shown;
      // The command that starts a server is no help to who reads the page.
      if (text.includes("Streamlit")) node.parentElement.closest("[role=dialog]")?.classList.add("wj-offline");
    }
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.closest(OURS)) return;
  for (const name of LABELS) {
    const text = node.getAttribute(name);
    if (!text) continue;
    const shown = translated(text, data.beginnings);
    if (shown !== text) node.setAttribute(name, shown);
  }
  node.childNodes.forEach(translate);
}

function box() {
  return document.querySelector(BOX);
}

function focusBox() {
  const touch = matchMedia("(pointer: coarse)").matches; // a phone would open its keyboard over the answer
  if (!touch && (document.activeElement === document.body || !document.activeElement)) box()?.focus({ preventScroll: true });
}

function over() {
  return box() ? [...box().value.trim()].length - data.limit : 0;
}

function showOver() {
  const note = document.querySelector(".wj-over");
  if (!note) return;
  const count = over();
  const text = count > 0 ? data.too_long.replace("{over}", count.toLocaleString(data.lang)) : "";
  if (note.textContent !== text) note.textContent = text;
}

function blocks(event) {
  if (over() <= 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say(document.querySelector(".wj-over")?.textContent ?? "");
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && !event.shiftKey && event.target.matches?.(BOX)) blocks(event);
  if (event.key !== "Escape") return;
  if (document.querySelector(":popover-open, [role=dialog]:not(.wj-panel), [role=listbox]")) return;
  const stop = document.querySelector(".st-key-stop button");
  if (stop) {
    event.preventDefault();
    stop.click();
  }
}

function onClick(event) {
  if (event.target.closest?.("[data-testid=stChatInputSubmitButton]")) blocks(event);
}

// Where a list scrolls it must be reached by keyboard too. Streamlit's own regions say nothing of themselves.
function mend() {
  document.querySelectorAll(".wj-passage blockquote").forEach((each) => {
    if (each.scrollHeight > each.clientHeight + 1) each.tabIndex = 0;
  });
  if (box() && box().getAttribute("aria-label") !== data.box) box().setAttribute("aria-label", data.box);
}

function look() {
  const text = document.querySelector(".wj-status")?.textContent ?? "";
  if (text !== status) {
    status = text;
    if (text) say(text);
  }
  mend();
  showOver();
  if (Boolean(box()) !== boxed) {
    boxed = !boxed;
    if (boxed) setTimeout(focusBox, 50);
  }
}

function show(number) {
  document.querySelector(`.st-key-exchange-${number}`)?.scrollIntoView({ block: "start" });
}

const observer = new MutationObserver((changes) => {
  for (const change of changes) {
    if (change.type === "childList") change.addedNodes.forEach(translate);
    else translate(change.target);
  }
  look();
});

function begin() {
  observer.observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: LABELS,
  });
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("click", onClick, true);
  document.addEventListener("input", showOver, true);
}

export default function (component) {
  const before = data;
  data = component.data;
  document.documentElement.lang = data.lang;
  region();
  if (before.lang === undefined) begin();
  if (before.lang !== data.lang) translate(document.body);
  if (seen !== null && data.asked > seen) {
    show(data.asked);
    setTimeout(() => show(data.asked), 300); // once what stands above it has its place
  }
  seen = data.asked;
  if (data.said.key !== before.said?.key && data.said.text && before.said) say(data.said.text);
  if (JSON.stringify(data.said) !== JSON.stringify(before.said) || data.asked !== before.asked) {
    setTimeout(focusBox, 150); // after what was pressed has gone
  }
  look();
}
