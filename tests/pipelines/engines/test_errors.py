"""What is left of an engine's traces."""

import pytest

from codecorpus.pipelines.engines.errors import readable_message

PYTHON_IN_JAVA = """\
java.lang.RuntimeException: Error received from SDK harness: Traceback (most recent call last):
  File "/x/sdk_worker.py", line 311, in _execute
    response = task()
  File "/x/beam_stages.py", line 77, in _list
codecorpus.stages.TaskError: 1 of 3 tasks failed [while running 'Curate/Parts/List tasks']

\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient.onNext(A.java:180)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.lang.IllegalStateException: more of the same
\t... 3 more
"""

TWO_TRACEBACKS = """\
Traceback (most recent call last):
  File "a.py", line 1, in f
KeyError: 'first'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in g
ModuleNotFoundError: No module named 'pipelines'
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTHON_IN_JAVA, "codecorpus.stages.TaskError: 1 of 3 tasks failed"),
        (TWO_TRACEBACKS, "ModuleNotFoundError: No module named 'pipelines'"),
        (
            "java.util.concurrent.ExecutionException: job failed\n\tat a.b.C(D.java:1)\n"
            "Caused by: java.net.ConnectException: Connection refused\n\t... 3 more",
            "java.net.ConnectException: Connection refused",
        ),
        ("Service failed to start up with error 1", "Service failed to start up with error 1"),
        ("", "no reason given"),
        ("x" * 2000, "x" * 500),
    ],
)
def test_the_last_cause_is_what_matters(text: str, expected: str) -> None:
    assert readable_message(text) == expected


def test_a_message_of_several_lines_stays_whole() -> None:
    assert readable_message("no jar\n  at hand;\nfetch it") == "no jar at hand; fetch it"
