"""Settings of nbgrader's own commands for this course."""

from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader defines it)

ROOT = Path(__file__).resolve().parent

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = "mdl"
# Another process may hold the database for a moment: wait for it instead of giving up.
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'gradebook.db'}?timeout=60"

# A Markdown answer's rubric stands in a locked cell beside it, as a marking scheme.
c.ClearMarkScheme.enforce_metadata = False
c.ClearSolutions.code_stub = {
    "python": "# Your code here\nraise NotImplementedError('this answer is still to be written')"
}
c.ClearSolutions.text_stub = "*Your answer here.*"
