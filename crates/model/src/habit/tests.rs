//! Made-up identity providers, minute by minute.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// A Monday, at midnight.
const MONDAY: Timestamp = Timestamp::from_unix_micros(1_795_996_800_000_000);

fn at(days: u32, minutes: u32) -> Timestamp {
    MONDAY.plus(DAY * days).plus(MINUTE * minutes)
}

fn active(at: Timestamp) -> Observation {
    let mut seen = Observation::default();
    seen.note_active(at);
    seen
}

/// What came of a history: the habit, and the moments at which it would have been called quiet for a
/// silence that then ended by itself.
fn lived(requests: impl IntoIterator<Item = Timestamp>) -> (Habit, Vec<Timestamp>) {
    let mut habit = Habit::default();
    let mut false_alarms = Vec::new();
    for request in requests {
        false_alarms.extend(habit.quiet_from().filter(|from| *from <= request));
        habit.learn(&active(request));
    }
    (habit, false_alarms)
}

/// Asks each so many minutes, day and night.
fn poller(days: u32, every: u32) -> Vec<Timestamp> {
    let minutes = days * 24 * 60;
    (0..minutes / every).map(|n| at(0, n * every)).collect()
}

/// Sends changes between nine and five on working days; `free` are days of nobody. The seeds make
/// it irregular.
fn office(days: u32, seeds: &[u32], free: &[u32]) -> Vec<Timestamp> {
    let mut requests = Vec::new();
    let mut seeds = seeds.iter().cycle();
    for day in (0..days).filter(|day| day % 7 < 5 && !free.contains(day)) {
        let mut minute = 9 * 60;
        while minute < 17 * 60 {
            requests.push(at(day, minute));
            minute += 10 + seeds.next().copied().unwrap_or(50);
        }
    }
    requests
}

#[test]
fn a_poller_is_missed_after_five_of_its_intervals() {
    let (habit, false_alarms) = lived(poller(21, 40));
    assert_eq!(false_alarms, []);
    assert_eq!(habit.usual_pause(), Some(40 * MINUTE));
    let until = habit.active_until().unwrap();
    assert_eq!(habit.quiet_from(), Some(until.plus(200 * MINUTE)));
}

#[test]
fn one_that_never_pauses_is_missed_after_an_hour() {
    let (habit, _) = lived(poller(15, 1));
    let until = habit.active_until().unwrap();
    assert_eq!(habit.quiet_from(), Some(until.plus(60 * MINUTE)));
}

#[test]
fn before_two_weekends_were_seen_there_is_more_patience() {
    for (days, every, patience) in [(4, 40, DAY), (4, 8 * 60, 5 * DAY)] {
        let (habit, _) = lived(poller(days, every));
        let until = habit.active_until().unwrap();
        assert_eq!(habit.quiet_from(), Some(until.plus(patience)), "{every}");
    }
}

#[test]
fn nobody_is_judged_in_the_first_days_or_by_a_few_pauses() {
    let (habit, _) = lived(poller(3, 40));
    assert_eq!((habit.quiet_from(), habit.usual_pause()), (None, None));
    let weekly = (0..10).map(|week| at(week * 7, 0));
    assert_eq!(lived(weekly).0.quiet_from(), None);
    let weekly = (0..11).map(|week| at(week * 7, 0));
    let (habit, _) = lived(weekly);
    assert_eq!(habit.quiet_from(), Some(at(70, 0).plus(5 * 7 * DAY)));
}

#[test]
fn an_outage_of_days_does_not_make_it_blind_afterwards() {
    let mut requests = poller(50, 40);
    requests.retain(|request| !(at(30, 0)..at(33, 0)).contains(request));
    let (habit, alarms) = lived(requests);
    assert_eq!(alarms.len(), 1, "the outage itself");
    let until = habit.active_until().unwrap();
    assert_eq!(habit.quiet_from(), Some(until.plus(200 * MINUTE)));
}

#[test]
fn an_office_that_never_comes_back_is_missed_in_less_than_a_week() {
    let (habit, _) = lived(office(40, &[20, 45, 5], &[]));
    let until = habit.active_until().unwrap();
    let patience = habit.quiet_from().unwrap().since(until);
    assert!(patience > 4 * DAY && patience < 7 * DAY, "{patience:?}");
}

proptest! {
    #[test]
    fn weekends_and_long_weekends_are_no_alarm(
        seeds in prop::collection::vec(0_u32..110, 1..40),
        begins in 0_u32..7,
        holiday in 2_u32..9,
    ) {
        // A Friday and the Monday after it.
        let free = [holiday * 7 + 4, holiday * 7 + 7];
        let requests = office(70, &seeds, &free);
        let requests = requests.into_iter().filter(|it| *it >= at(begins, 0));
        prop_assert_eq!(lived(requests).1, vec![]);
    }

    #[test]
    fn a_late_poll_is_no_alarm(late in prop::collection::vec(0_u32..60, 20..200)) {
        let mut minute = 0;
        let mut requests = poller(21, 40);
        requests.extend(late.iter().map(|late| {
            minute += 40 + late;
            at(21, minute)
        }));
        prop_assert_eq!(lived(requests).1, vec![]);
    }

    #[test]
    fn patience_is_never_less_than_an_hour_nor_than_five_usual_pauses(
        minutes in prop::collection::vec(1_u32..5_000, 1..300),
    ) {
        let mut minute = 0;
        let requests = minutes.iter().map(|pause| {
            minute += pause;
            at(0, minute)
        });
        let (habit, _) = lived(requests.collect::<Vec<_>>());
        let usual = habit.usual_pause();
        prop_assert_eq!(usual.is_some(), habit.quiet_from().is_some());
        if let (Some(usual), Some(from)) = (usual, habit.quiet_from()) {
            let patience = from.since(habit.active_until().unwrap());
            prop_assert!(patience >= 60 * MINUTE && patience >= 5 * usual, "{patience:?} {usual:?}");
        }
    }

    #[test]
    fn what_is_kept_is_small_and_comes_back_as_it_was(
        minutes in prop::collection::vec(1_u32..50_000, 1..300),
    ) {
        let mut habit = Habit::default();
        let mut minute = 0;
        for pause in minutes {
            minute += pause;
            let mut seen = active(at(0, minute));
            seen.requests = 30;
            seen.failures = u64::from(pause % 30);
            habit.learn(&seen);
        }
        let kept = serde_json::to_string(&habit).unwrap();
        prop_assert!(kept.len() < 1_000, "{}", kept.len());
        prop_assert_eq!(serde_json::from_str::<Habit>(&kept).unwrap(), habit);
    }
}

/// Windows of a quarter of an hour with so many requests and failures.
fn answered(habit: &mut Habit, from: u32, windows: u32, requests: u64, failures: u64) {
    for window in 0..windows {
        for (minute, requests, failures) in [(0, 1, 0), (15, requests - 1, failures)] {
            let mut seen = active(at(0, (from + window) * 16 + minute));
            (seen.requests, seen.failures) = (requests, failures);
            habit.learn(&seen);
        }
    }
}

#[test]
fn failures_rise_when_far_more_fails_than_usual_and_are_over_when_it_does_not() {
    let mut habit = Habit::default();
    answered(&mut habit, 0, 50, 100, 4);
    assert_eq!(habit.errors_rising(), None);
    answered(&mut habit, 50, 1, 100, 15);
    assert_eq!(
        habit.errors_rising(),
        None,
        "the interval reaches below a tenth"
    );
    answered(&mut habit, 51, 1, 100, 18);
    let noticed = at(0, 51 * 16 + 15);
    assert_eq!(habit.errors_rising(), Some((noticed, 100, 18)));
    answered(&mut habit, 52, 1, 100, 12);
    assert_eq!(
        habit.errors_rising(),
        Some((noticed, 100, 12)),
        "still more than usual"
    );
    answered(&mut habit, 53, 1, 100, 5);
    assert_eq!(habit.errors_rising(), None);
}

#[test]
fn what_always_fails_is_usual() {
    let mut habit = Habit::default();
    answered(&mut habit, 0, 200, 100, 40);
    assert_eq!(
        habit.errors_rising(),
        None,
        "usual is {}",
        habit.usual_failures()
    );
    answered(&mut habit, 200, 1, 100, 95);
    assert!(habit.errors_rising().is_some());
}

#[test]
fn a_few_requests_a_day_are_judged_when_the_day_is_over() {
    for (failures, rises) in [(1, false), (5, true)] {
        let mut habit = Habit::default();
        for hour in 0..5 {
            let mut seen = active(at(0, hour * 6 * 60));
            (seen.requests, seen.failures) = (1, u64::from(hour < failures));
            habit.learn(&seen);
        }
        assert_eq!(habit.errors_rising().is_some(), rises, "{failures}");
    }
}

fn refused(at: Timestamp, times: u32) -> Observation {
    let mut seen = Observation::default();
    for _ in 0..times {
        seen.note_refused(at);
    }
    seen
}

/// Minutes after the last success, with how often it was refused in each.
type Refusals = &'static [(u32, u32)];

#[test]
fn refusals_count_when_they_last_longer_than_it_pauses() {
    let (worked, _) = lived(poller(21, 40));
    let end = worked.active_until().unwrap();
    let minute = |minute: u32| end.plus(MINUTE * minute);
    let table: [(&str, Refusals, bool); 5] = [
        (
            "a stranger who tries between two polls",
            &[(5, 9), (20, 9)],
            false,
        ),
        ("a burst", &[(60, 30)], false),
        ("twice", &[(40, 1), (80, 1)], false),
        ("each time it polls", &[(40, 1), (80, 1), (120, 1)], true),
        ("with retries", &[(40, 4), (55, 4)], true),
    ];
    for (what, refusals, fails) in table {
        let mut habit = worked.clone();
        for (at, times) in refusals {
            habit.learn(&refused(minute(*at), *times));
        }
        assert_eq!(habit.auth_failing().is_some(), fails, "{what}");
        habit.learn(&active(minute(200)));
        assert_eq!(habit.auth_failing(), None, "{what}");
    }
}

#[test]
fn what_was_never_let_in_cannot_fail() {
    let mut habit = Habit::default();
    for minute in 0..100 {
        habit.learn(&refused(at(0, minute), 10));
    }
    assert_eq!(habit, Habit::default());
}

#[test]
fn what_another_process_let_in_later_counts() {
    let mut habit = lived(poller(21, 40)).0;
    let end = habit.active_until().unwrap();
    habit.learn(&active(end.plus(MINUTE * 121)));
    for minute in [40, 80, 120] {
        habit.learn(&refused(end.plus(MINUTE * minute), 1));
    }
    assert_eq!(habit.auth_failing(), None);
}

#[test]
fn what_was_seen_twice_in_a_minute_is_put_together() {
    let mut one = active(at(0, 1));
    one.note_answered(true);
    one.note_refused(at(0, 3));
    let mut other = refused(at(0, 2), 1);
    other.note_answered(false);
    let mut both = one;
    both.add(&other);
    assert_eq!((both.requests, both.failures), (2, 1));
    assert_eq!(both.refused.unwrap().count, 2);
    both.add(&active(at(0, 4)));
    assert_eq!(both.refused, None);
    both.add(&refused(at(0, 2), 1));
    assert_eq!(
        both.refused, None,
        "it came before the last that was let in"
    );
}
