"""The exceptions that the kit raises on purpose.

A student's mistake is a value (`autograder.verdict.Verdict`), never one of these.

```
AutograderError            exit code 3   our fault
├── InputError             exit code 2   the instructor's input or setting
│   ├── CourseError                      course.toml cannot be used
│   ├── SourceError                      a source notebook cannot be used
│   ├── AnswerError                      a known answer under tests/answers cannot be used
│   ├── RosterError                      a roster or form cannot be used
│   └── SandboxError                     student code cannot be confined on this machine
├── NotebookError                        a handed-in notebook cannot be read
├── CrossingError                        a value cannot cross between candidate and examiner
└── CandidateLost                        the candidate died, hung or broke the protocol
```

The last three never reach a person as exceptions: the examiner turns them into verdicts.
"""

from __future__ import annotations


class AutograderError(Exception):
    """Something went wrong: what, where, and what to do about it.

    Args:
        what: One sentence that says what is wrong.
        where: The file, question or setting concerned; empty where there is none.
        cure: One sentence that says what to do.
    """

    exit_code = 3

    def __init__(self, what: str, where: str = "", cure: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"Where: {self.where}")
        if self.cure:
            parts.append(f"What to do: {self.cure}")
        return "\n".join(parts)


class InputError(AutograderError):
    """The instructor's input or a setting is wrong."""

    exit_code = 2


class CourseError(InputError):
    """`course.toml` is missing, unreadable or contradicts itself."""


class SourceError(InputError):
    """A source notebook is missing, unreadable or breaks a rule of authoring."""


class AnswerError(InputError):
    """A known answer under `tests/answers` is missing a part or is unreadable."""


class RosterError(InputError):
    """A roster or a hand-in form is missing, unreadable or incomplete."""


class SandboxError(InputError):
    """No sandbox works on this machine, so student code will not be run."""


class NotebookError(AutograderError):
    """A handed-in notebook is no notebook: too large, not JSON, without cells."""


class CrossingError(AutograderError):
    """A value cannot be carried between candidate and examiner."""


class CandidateLost(AutograderError):
    """The candidate died, ran out of a limit, or sent what cannot be read.

    Args:
        what: One sentence for the student.
        reason: `crashed`, `timed_out`, `out_of_memory` or `protocol`.
    """

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what)
        self.reason = reason
