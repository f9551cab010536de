"""Faults that were found by trying the service, each with the tests that hold it mended; every test named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FAULTS = {
    "a diverged model goes live; nothing compares a new version with the served one": [
        "test_training_that_diverged_leaves_the_served_version",
        "test_the_command_says_that_training_diverged_and_exits_1",
        "test_a_version_that_is_clearly_worse_is_refused_unless_forced",
    ],
    "a version that fails in an unforeseen way stops the watcher; damage is accepted silently": [
        "test_a_version_that_fails_in_an_unforeseen_way_stops_nothing",
        "test_a_duty_that_fails_is_named_until_it_works_again",
        "test_a_damaged_folder_is_refused_in_one_line_500_times",
    ],
    "without a key, lists give away stored ratings": [
        "test_stored_ratings_do_not_change_what_is_answered_without_a_key",
        "test_seen_items_are_not_given_away",
        "test_a_version_trained_on_stored_ratings_keeps_them_private",
    ],
    "a few expensive requests hold up everything": [
        "test_questions_are_bounded_by_what_they_cost",
        "test_work_that_takes_too_long_is_answered_503",
        "test_requests_of_high_cost_do_not_take_every_thread",
        "test_health_waits_behind_nothing_while_costly_requests_run",
        "test_lists_of_many_users_stop_when_their_time_is_over",
    ],
    "clients that never read hold all connections": [
        "test_a_client_that_never_reads_is_cut",
        "test_one_address_has_a_limit_of_connections",
        "test_connections_beyond_the_limit_are_answered_503_but_health_is_answered",
    ],
    "half a surrogate pair is stored": ["test_a_text_that_cannot_be_stored_is_refused"],
    "items cannot be changed, and adding one rebuilds the model": [
        "test_put_adds_and_replaces",
        "test_a_hidden_item_is_in_no_list_and_comes_back",
        "test_an_item_ends_by_itself",
        "test_a_deleted_item_is_gone_until_it_is_put_again",
        "test_many_changes_have_an_outcome_each",
        "test_adding_an_item_keeps_what_was_computed",
        "test_retraining_makes_room_for_more_items",
    ],
    "a damaged current version means no service after a restart": [
        "test_at_start_a_damaged_current_version_is_replaced_by_the_newest_that_loads",
        "test_switching_and_rolling_back_refuse_what_does_not_load",
    ],
    "probes get 421; HEAD is 405; Allow is wrong; no CORS; no compression": [
        "test_a_proxy_may_put_the_service_under_a_path",
        "test_head_is_get_without_the_body",
        "test_allow_names_every_method_of_the_path",
        "test_pages_of_other_origins_may_call_where_the_operator_says_so",
        "test_large_answers_are_compressed_where_the_client_takes_that",
    ],
    "a user or item has several spellings; two retrains become one version": [
        "test_a_user_has_one_spelling_in_every_route",
        "test_an_unknown_user_has_one_spelling_too",
        "test_erasing_reaches_training_in_any_spelling",
        "test_users_items_and_events",
        "test_two_retrains_at_once_give_two_versions",
    ],
    "a kill during a save leaves no model": ["test_a_kill_at_any_step_leaves_a_whole_model"],
    "no bulk import": ["test_thousands_in_one_request", "test_lines_of_json_are_taken_too"],
    "no lists for many users": ["test_many_users_get_their_lists_in_one_request"],
    "no paging": ["test_a_users_ratings_come_in_pages", "test_everything_comes_back_page_by_page"],
    "no securitySchemes": ["test_the_document_says_how_to_authenticate"],
    "no access log": ["test_requests_are_logged_as_json_where_wanted"],
    "no request id taken over": ["test_a_plain_request_id_is_taken_over"],
    "no settings file or environment": ["test_flags_go_before_the_environment_and_that_before_the_file"],
    "a wrong key on an open route is anonymous": ["test_a_wrong_key_or_token_is_401_on_every_route"],
    "unknown features are dropped in silence": [
        "test_features_that_the_model_cannot_hold_are_refused",
        "test_features_that_users_do_not_have_are_refused",
    ],
    "ratings off the step are accepted": ["test_a_rating_between_two_steps_is_refused"],
    "PostgreSQL away at start exits at once": ["test_a_server_that_starts_waits_for_its_database"],
    "killed at any point": ["test_nothing_acknowledged_is_lost_however_it_is_killed"],
}


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Every test of the service and of saving."""
    files = [*(TESTS / "service").glob("test_*.py"), *(TESTS / "recommending").glob("test_*.py")]
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_its_tests(fault: str, names: set[str]) -> None:
    assert set(FAULTS[fault]) <= names
