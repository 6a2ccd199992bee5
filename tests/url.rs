//! Links and parameters under fire: whatever stands in an address, nothing panics, every value ends up in its
//! range, and what was understood is written so that it is understood the same way again.

use fwlab::session::link::Link;
use fwlab::session::params::{
    self, ATTACK, EXPERIMENT, Kind, Note, Param, RUN, Value, check_experiment, emit, emit_experiment, parse_experiment,
};
use fwlab::session::{ATTACK_KEYS, AttackSpec, Experiment, GroupId, NetworkId};
use proptest::prelude::*;

type Pairs = Vec<(String, String)>;

/// A value as a user, a mistake or an attacker would write it.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        any::<f64>().prop_map(|v| v.to_string()),
        any::<i64>().prop_map(|v| v.to_string()),
        (-2.0..200.0f64).prop_map(|v| v.to_string()),
        proptest::sample::select(vec![
            "",
            "0",
            "-0",
            "1",
            "nan",
            "inf",
            "-inf",
            "1e400",
            "1e-400",
            " 3 ",
            "l1",
            "l2",
            "k-sparse",
            "simplex",
            "polygon",
            "sfw",
            "sgd",
            "tiny",
            "gelu",
            "fashion-mnist",
            "own",
            "growing",
            "harmonic",
            "gradient",
            "training-a",
            "cifar10-sgd",
            "../../etc/passwd",
            "linear:l1:w3",
            "conv1:k-sparse:r0.5:k0.1;linear:l2",
            "conv1:l1:w",
            "conv1:l1:wNaN",
            "conv1:lp:pinf",
            "conv9:l1",
            "::::",
            ";;;",
            "conv1:l1;conv1:l1",
            "conv1:l1:é",
            "group-lasso",
            "kernels",
            "conv2:group-lasso:w5:gkernels",
            "conv2:group-lasso:gkernel",
        ])
        .prop_map(str::to_owned),
    ]
}

/// Pairs with mostly known keys.
fn pairs() -> impl Strategy<Value = Pairs> {
    let mut keys: Vec<String> = vec!["compare".into(), "nonsense".into(), "b.".into()];
    keys.extend(EXPERIMENT.iter().map(|param| param.key.to_owned()));
    keys.extend(ATTACK.iter().map(|param| param.key.to_owned()));
    keys.extend(RUN.iter().flat_map(|param| [param.key.to_owned(), format!("b.{}", param.key)]));
    let key = prop_oneof![9 => proptest::sample::select(keys), 1 => any::<String>()];
    proptest::collection::vec((key, value()), 0..30)
}

/// The first parameter whose value has left its range.
fn out_of_range<T>(table: &[Param<T>], target: &T) -> Option<&'static str> {
    let inside = |param: &&Param<T>| match (param.kind, (param.get)(target)) {
        (Kind::Number { min, max, .. } | Kind::Integer { min, max, .. }, Value::Number(v)) => v >= min && v <= max,
        (Kind::Choice(choices), Value::Text(text)) => choices().contains(&text.as_str()),
        // The unused one of two alternatives (radius typed or by initial norm) reads as empty text.
        (Kind::Number { .. } | Kind::Integer { .. }, Value::Text(text)) => text.is_empty(),
        (Kind::Choice(_), Value::Number(_)) => false,
        (Kind::Text, _) => true,
    };
    table.iter().find(|param| !inside(param)).map(|param| param.key)
}

fn sane(experiment: &Experiment) -> Result<(), TestCaseError> {
    prop_assert_eq!(out_of_range(EXPERIMENT, experiment), None);
    for run in [Some(&experiment.a), experiment.b.as_ref()].into_iter().flatten() {
        prop_assert_eq!(out_of_range(RUN, run), None);
        for (name, layer) in &run.layers {
            prop_assert!(NetworkId::any_has_layer(name));
            prop_assert!(layer.set.entry().for_layers);
            prop_assert!((0.001..=1.0).contains(&layer.sparsity) && (1.1..=8.0).contains(&layer.p));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_and_written_back_the_same(text in any::<String>()) {
        let link = Link::parse(&text);
        let written = link.to_string();
        prop_assert!(written.is_ascii());
        prop_assert_eq!(Link::parse(&written), link);
    }

    #[test]
    fn anything_like_a_link_is_read_and_written_back_the_same(text in "#?/?[a-z%]{0,8}[?]?([a-zA-Z0-9.%+é&=;:?/#-]{0,60})") {
        let link = Link::parse(&text);
        prop_assert_eq!(Link::parse(&link.to_string()), link);
    }

    #[test]
    fn every_pair_survives_the_address(page in any::<String>(), pairs in pairs()) {
        let mut link = Link { page, pairs };
        link.pairs.retain(|(key, _)| !key.is_empty());
        prop_assert_eq!(Link::parse(&link.to_string()), link);
    }

    #[test]
    fn an_experiment_stays_in_its_ranges(pairs in pairs()) {
        let (experiment, notes) = parse_experiment(&pairs);
        sane(&experiment)?;
        for note in notes {
            let (Note::Adjusted { asked, .. } | Note::Refused { asked, .. }) = note;
            prop_assert!(asked.chars().count() <= 40, "notes are shown, so they stay short");
        }
    }

    #[test]
    fn what_an_experiment_writes_it_reads_back_without_a_note(pairs in pairs()) {
        let (experiment, _) = parse_experiment(&pairs);
        let link = Link { page: "train".into(), pairs: emit_experiment(&experiment) };
        let (again, notes) = parse_experiment(&Link::parse(&link.to_string()).pairs);
        prop_assert_eq!(&again, &experiment);
        prop_assert_eq!(notes, vec![]);
        prop_assert_eq!(link.unknown_keys(), Vec::<String>::new());
    }

    #[test]
    fn an_experiment_file_is_checked_like_a_link(pairs in pairs()) {
        let (experiment, _) = parse_experiment(&pairs);
        let json = serde_json::to_string(&experiment).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let read: Experiment = serde_json::from_str(&json).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let (checked, notes) = check_experiment(&read);
        prop_assert_eq!(checked, experiment);
        prop_assert_eq!(notes, vec![]);
    }

    #[test]
    fn an_attack_stays_in_its_ranges_and_reads_back(pairs in pairs()) {
        let (spec, _) = params::parse::<AttackSpec>(ATTACK, &pairs);
        prop_assert_eq!(out_of_range(ATTACK, &spec), None);
        let link = Link { page: "attack".into(), pairs: emit(ATTACK, &spec) };
        let (again, notes) = params::parse::<AttackSpec>(ATTACK, &Link::parse(&link.to_string()).pairs);
        prop_assert_eq!(again, spec);
        prop_assert_eq!(notes, vec![]);
    }

    #[test]
    fn any_file_is_refused_or_checked(text in any::<String>()) {
        if let Ok(experiment) = serde_json::from_str::<Experiment>(&text) {
            sane(&check_experiment(&experiment).0)?;
        }
    }
}

#[test]
fn a_file_out_of_range_is_adjusted_and_says_so() {
    let json = r#"{"version":1,"seed":3,"steps":1000000,"a":{"learning_rate":{"rule":"constant","gamma":9.0}}}"#;
    let experiment: Experiment = serde_json::from_str(json).expect("an experiment may leave out what is default");
    let (checked, notes) = check_experiment(&experiment);
    assert_eq!(checked.steps, 20_000);
    assert_eq!(checked.a.learning_rate.gamma, 2.0);
    assert_eq!(notes.len(), 2);
}

#[test]
fn the_class_that_an_attack_aims_at_survives_the_address() {
    let pair = |value: &str| vec![("target".to_string(), value.to_string())];
    let (spec, notes) = params::parse::<AttackSpec>(ATTACK, &pair("3"));
    assert_eq!((spec.target, notes, emit(ATTACK, &spec)), (Some(3), vec![], pair("3")));
    assert!(Link { page: "attack".into(), pairs: pair("3") }.unknown_keys().is_empty());
    let (spec, notes) = params::parse::<AttackSpec>(ATTACK, &pair("cat"));
    assert_eq!((spec.target, notes.len(), emit(ATTACK, &spec)), (None, 1, vec![]));
    let (spec, notes) = params::parse::<AttackSpec>(ATTACK, &pair("1000"));
    assert_eq!((spec.target, notes.len()), (Some(254), 1));
}

#[test]
fn every_attack_can_be_named_in_a_link() {
    let keys: Vec<&str> = ATTACK_KEYS.iter().map(|row| row.0).collect();
    let pairs = vec![("attacks".to_string(), keys.join(","))];
    let (spec, notes) = params::parse::<AttackSpec>(ATTACK, &pairs);
    assert_eq!((spec.attacks, notes), (keys.iter().map(|key| (*key).to_string()).collect(), vec![]));
    let spec = AttackSpec { attacks: vec!["carlini-wagner".into(), "pgd".into()], ..AttackSpec::default() };
    let link = Link { page: "attack".into(), pairs: emit(ATTACK, &spec) };
    let (again, _) = params::parse::<AttackSpec>(ATTACK, &Link::parse(&link.to_string()).pairs);
    assert_eq!(again, spec);
}

#[test]
fn the_groups_of_a_layer_survive_the_address_and_older_links_are_written_as_before() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let pairs = vec![
        pair("set", "group-lasso"),
        pair("group", "kernels"),
        pair("layers", "conv1:group-lasso:w5:k0.15:p3;conv2:group-lasso:w5:k0.15:p3:gkernels"),
    ];
    let (experiment, notes) = parse_experiment(&pairs);
    assert_eq!(notes, vec![]);
    assert_eq!(experiment.a.set.group, GroupId::Kernels);
    let groups: Vec<GroupId> = experiment.a.layers.iter().map(|(_, set)| set.group).collect();
    assert_eq!(groups, [GroupId::Filters, GroupId::Kernels]);
    assert_eq!(emit_experiment(&experiment), pairs);
    let older: Experiment = serde_json::from_str(r#"{"a":{"set":{"set":"group-lasso"}}}"#).expect("no group is named");
    assert_eq!(older.a.set.group, GroupId::Filters);
}
