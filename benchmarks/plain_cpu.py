"""Run a benchmark as on a CPU that has AVX2 but neither AVX-512 nor bfloat16.

    python -m benchmarks.plain_cpu -m benchmarks.ingestion --parts embedder --config FILE

torch, oneDNN, MKL and FBGEMM are told by variables. ONNX Runtime can't be told, so it runs from a copy in
which each ``cpuid`` instruction is one that no processor has (``ud2``, as long); what handles that signal
asks the processor and leaves those features out of the answer. The copy is made anew each time. For Linux on
x86-64, with gcc, objdump and readelf.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

VARIABLES = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2",
}
_CPUID, _UD2 = b"\x0f\xa2", b"\x0f\x0b"
# Leaf 7 of cpuid: AVX-512 in all its parts, AVX-VNNI, and AMX (Intel's manual, volume 2A).
_HANDLER = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <ucontext.h>
static void answer(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    unsigned char *code = (unsigned char *)registers[REG_RIP];
    if (code[0] != 0x0f || code[1] != 0x0b) { signal(SIGILL, SIG_DFL); return; }
    unsigned a = registers[REG_RAX], b, c = registers[REG_RCX], d, leaf = a, part = c;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (leaf == 7 && part == 0) { b &= ~0xdc230000u; c &= ~0x00005842u; d &= ~0x03c0010cu; }
    if (leaf == 7 && part == 1) { a &= ~0x00a00030u; d &= ~0x00080030u; }
    registers[REG_RAX] = a; registers[REG_RBX] = b; registers[REG_RCX] = c; registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}
__attribute__((constructor)) static void begin(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, 0);
}
"""


def prepare(folder: Path) -> dict[str, str]:
    """The variables for a process that is to see such a CPU; what they name is put into ``folder``.

    Raises:
        SystemExit: ONNX Runtime isn't there, or holds no ``cpuid``.
    """
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        raise SystemExit("onnxruntime isn't installed")
    shutil.copytree(Path(spec.origin).parent, folder / "onnxruntime")
    for library in (folder / "onnxruntime" / "capi").glob("onnxruntime_pybind11_state*.so"):
        if not _replace_cpuid(library):
            raise SystemExit(f"{library.name} has no cpuid instruction: is this x86-64?")
    source, handler = folder / "handler.c", folder / "handler.so"
    source.write_text(_HANDLER, encoding="utf-8")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", handler, source], check=True)
    path = os.pathsep.join(filter(None, [str(folder), str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    return VARIABLES | {"LD_PRELOAD": str(handler), "PYTHONPATH": path}


def _replace_cpuid(library: Path) -> int:
    """Replace the instructions, which only a disassembler tells from data; count them."""
    sections = _output("readelf", "-SW", str(library)).splitlines()
    fields = next(line for line in sections if " .text " in line).split()
    kind = fields.index("PROGBITS")
    address, offset = int(fields[kind + 1], 16), int(fields[kind + 2], 16)
    content = bytearray(library.read_bytes())
    count = 0
    for place in _places(library):
        start = place - address + offset
        if content[start : start + 2] != _CPUID:
            raise SystemExit(f"{library.name} isn't laid out as expected")
        content[start : start + 2] = _UD2
        count += 1
    library.write_bytes(content)
    return count


def _places(library: Path) -> Iterator[int]:
    """Addresses of the instructions, read as they come: the whole listing is hundreds of megabytes."""
    command = ["objdump", "-d", "-j", ".text", "--no-show-raw-insn", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            place, _, instruction = line.partition(":")
            if instruction.strip() == "cpuid":
                yield int(place, 16)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Run Python with the arguments given."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory(prefix="plain-cpu-") as temporary:
        environment = os.environ | prepare(Path(temporary))
        raise SystemExit(subprocess.run([sys.executable, *sys.argv[1:]], env=environment).returncode)


if __name__ == "__main__":
    main()
