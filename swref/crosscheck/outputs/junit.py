"""The result as JUnit XML, which the services of continuous integration show: a test a case and level."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from swref.crosscheck.answer.judge import BAD, LENIENT
from swref.crosscheck.suite import Report

_FORBIDDEN: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def junit(reports: Sequence[Report], strict: bool = False) -> bytes:
    """The document of several reports: a suite a target. Where one is `strict`, lenient verdicts are failures, too.

    A target that did not run is one test that is an error; what does not apply is skipped.

    >>> junit([Report("numpy", "missing", "it is not installed")]).count(b"<error")
    1
    """
    root = ElementTree.Element("testsuites", name="swref crosscheck")
    for report in reports:
        suite = ElementTree.SubElement(root, "testsuite", name=_text(report.target))
        if report.status != "ran":
            test = ElementTree.SubElement(suite, "testcase", classname=_text(report.target), name="runs")
            ElementTree.SubElement(test, "error", type=report.status, message=_text(report.detail))
        for j in report.judgements:
            test = ElementTree.SubElement(suite, "testcase", classname=_text(report.target), name=f"{j.case} {j.level}")
            test.set("time", f"{j.seconds:.6f}")
            if j.status == "skip":
                ElementTree.SubElement(test, "skipped", message=_text(j.detail))
            elif j.status in BAD or (strict and j.status in LENIENT):
                kind = "failure" if j.status in ("fail", "invalid", *LENIENT) else "error"
                ElementTree.SubElement(test, kind, type=j.status, message=_text(j.detail))
        for status, tag in (
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            suite.set(status, str(len(suite.findall(f".//{tag}"))))
        suite.set("time", f"{report.seconds:.3f}")
        if report.diagnoses:
            ElementTree.SubElement(suite, "system-out").text = _text("\n".join(d.sentence for d in report.diagnoses))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
