"""Figures, and the table of them."""

import statistics

from running import count


class Series(list):
    """The figures of several runs; the median counts, but of processor time the least."""

    @property
    def median(self):
        return statistics.median(self)

    @property
    def least(self):
        """The best estimate of processor time: what else the machine does only adds to it."""
        return min(self)

    @property
    def text(self):
        return f"{count(self.median)}/s"


class Report:
    """The table, and all figures for the JSON file."""

    def __init__(self):
        self.rows = []
        self.figures = {}

    def keep(self, name, series):
        self.figures[name] = {"median": series.median, "least": series.least, "runs": list(series)}

    def add(self, what, dunlin, peer="", ratio="", goal="", met=None):
        """`met` says whether the goal is met; None where there is none."""
        self.rows.append([what, dunlin, peer, ratio, goal, {True: "yes", False: "NO", None: ""}[met]])

    def ratio(self, what, dunlin, peer_name, peer, goal, unit="/s"):
        ratio = dunlin.median / peer.median
        number = (lambda value: count(value)) if peer.median >= 100 else (lambda value: f"{value:.1f}")
        self.figures.setdefault("ratios", {})[what] = ratio
        self.add(
            what, number(dunlin.median) + unit, f"{peer_name}: {number(peer.median)}{unit}", f"{ratio:.2f} x",
            f"{goal:g} x" if goal else "", ratio >= goal if goal else None,
        )

    def difference(self, what, dunlin, peer_name, peer, goal=None):
        """What more of processor time a message takes, by the least of both."""
        more = dunlin.least - peer.least
        self.add(
            what, f"{dunlin.least:.1f} µs of CPU each", f"{peer_name}: {peer.least:.1f} µs", f"{more:+.1f} µs",
            f"+{goal} µs" if goal else "", more <= goal if goal else None,
        )

    def text(self):
        titles = ["WHAT", "DUNLIN", "PEER", "RATIO", "GOAL", "MET"]
        widths = [max(len(row[i]) for row in [titles, *self.rows]) for i in range(len(titles))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [titles, *self.rows]]
        return "\n".join(lines)

    def all_met(self):
        return all(row[5] != "NO" for row in self.rows)
