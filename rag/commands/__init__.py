"""The subcommands of ``python -m rag``, one a module: ``add_parser`` declares it, ``run`` carries it out."""
