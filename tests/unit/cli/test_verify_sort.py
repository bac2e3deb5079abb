from __future__ import annotations

import pytest

from cli.verify_sort import check_thresholds
from sorter.errors import SorterBotError

RESULT = {"right_rate": 0.9, "hit_rate": 0.95}


@pytest.mark.parametrize(("min_right", "min_hit"), [(0.0, 0.0), (0.9, 0.95)])
def test_a_threshold_that_is_met_is_no_error(min_right, min_hit):
    check_thresholds(RESULT, min_right, min_hit)


@pytest.mark.parametrize(("min_right", "min_hit"), [(0.91, 0.0), (0.0, 0.96)])
def test_a_threshold_that_is_missed_is_told_with_both_numbers(min_right, min_hit):
    with pytest.raises(SorterBotError, match=r"90\.0% of items are right and 95\.0% of picks"):
        check_thresholds(RESULT, min_right, min_hit)
