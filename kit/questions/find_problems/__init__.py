"""Where does it leak, and what to try? (notebook 04; guide 1, step 4)"""

from kit.questions.find_problems import benchmarks, bounce_reasons, findings, frequency, refused, rules

__all__ = ["benchmarks", "bounce_reasons", "findings", "frequency", "refused", "rules"]
