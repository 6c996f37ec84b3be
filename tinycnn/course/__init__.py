"""The lessons as a course: copies to hand out, and the grading of what comes back.

`lessons` reads the notebooks that come with tinycnn, `copies` blanks their solutions, `grading` puts our
checks back into a student's notebook, and `limits` runs it at arm's length, in the process of `runner`.
"""

from tinycnn.course.copies import export
from tinycnn.course.grading import Grade, grade, submissions
from tinycnn.course.lessons import Exercise, Lesson, lessons
from tinycnn.course.limits import Limits
from tinycnn.course.table import write_csv

__all__ = [
    "Exercise",
    "Grade",
    "Lesson",
    "Limits",
    "export",
    "grade",
    "lessons",
    "submissions",
    "write_csv",
]
