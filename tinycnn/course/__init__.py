"""The lessons as a course: copies to hand out, and the grading of what comes back.

`lessons` reads the notebooks that come with tinycnn, `copies` blanks their solutions, `grading` puts our
checks back into a student's notebook, and `limits` runs it at arm's length, in the process of `runner`. A
check stands on our own cells alone (`ground`), and `judging` tries an answer with it.
"""

from types import ModuleType

from tinycnn.course.copies import export
from tinycnn.course.feedback import write_feedback
from tinycnn.course.grading import Grade, grade, submissions
from tinycnn.course.lessons import Exercise, Lesson, lessons
from tinycnn.course.limits import Limits
from tinycnn.course.nbgrader import export_nbgrader
from tinycnn.course.site import export_site
from tinycnn.course.slides import export_slides
from tinycnn.course.table import write_csv
from tinycnn.files import submodule

__all__ = [
    "Exercise",
    "Grade",
    "Lesson",
    "Limits",
    "export",
    "export_nbgrader",
    "export_site",
    "export_slides",
    "grade",
    "lessons",
    "submissions",
    "write_csv",
    "write_feedback",
]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
