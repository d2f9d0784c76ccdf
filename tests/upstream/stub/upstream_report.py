"""Writes the outcome of every test to the file that CODEPICKLE_UPSTREAM_REPORT names."""

import json
import os


def pytest_runtest_logreport(report):
    if report.when != "call" and report.outcome == "passed":
        return
    if report.when == "teardown" and report.outcome == "passed":
        return
    error = ""
    if report.outcome == "failed":
        error = str(getattr(report.longrepr, "reprcrash", None) or report.longrepr)[-400:]
    record = {"id": report.nodeid, "outcome": report.outcome, "when": report.when, "error": error}
    record["xfail"] = hasattr(report, "wasxfail")
    with open(os.environ["CODEPICKLE_UPSTREAM_REPORT"], "a") as file:
        file.write(json.dumps(record) + "\n")


def pytest_collectreport(report):
    if report.outcome == "failed":
        with open(os.environ["CODEPICKLE_UPSTREAM_REPORT"], "a") as file:
            file.write(json.dumps({"collect": str(report.longrepr)}) + "\n")
