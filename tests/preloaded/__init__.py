"""Processes of Python programs that start in milliseconds, because a server has imported dynaops already.

A process of the command line spends most of its time on imports. Here one server a test session imports everything once
(`server`), and forks a process for each run (`process.Process`, or `command` for shell scripts). Such a process is as
real as any: it has its own pid, environment, working directory, standard streams, signals and exit code. What it cannot
show is how a program starts (imports, the interpreter's options, closed streams): tests of that use `subprocess`.

Set ``DYNAOPS_TESTS_PLAIN_PROCESSES=1`` to start each process the plain way, for comparison.
"""
