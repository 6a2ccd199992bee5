//! Sweeps through the command line: expanded, killed, resumed, collected.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use fwlab::optim::schedule::{BatchRule, RateRule};
use fwlab::session::params::{check_experiment, emit_experiment, parse_experiment};
use fwlab::session::{DataId, Experiment, NetworkId, Radius, RunSpec};

// ---------------------------------------------------------------- tools

/// A fresh folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweeps-{name}"));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn fwlab(task: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fwlab"));
    command.arg(task);
    command
}

fn expand(folder: &Path, toml: &str) -> (Output, PathBuf) {
    let (sweep, out) = (folder.join("sweep.toml"), folder.join("cells"));
    fs::write(&sweep, toml).unwrap();
    (fwlab("expand").arg(&sweep).arg("--out").arg(&out).output().unwrap(), out)
}

/// `fwlab run` on images of four classes that a network learns in no time.
fn run(folder: &Path, experiment: &Path, events: &Path) -> Command {
    let mut command = fwlab("run");
    command.arg(experiment).arg("--events").arg(events);
    command.arg("--data").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/www/data"));
    for (name, count, rank) in [("train", 400, 3), ("train", 400, 1), ("test", 80, 3), ("test", 80, 1)] {
        let path = folder.join(format!("{name}-{rank}-ubyte"));
        if !path.exists() {
            fs::write(&path, idx(count, rank)).unwrap();
        }
        command.arg("--own").arg(path);
    }
    command
}

/// An IDX file: `count` labels, or 8×8 images with the quarter of their class bright.
fn idx(count: u32, rank: u8) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, rank];
    bytes.extend(count.to_be_bytes());
    if rank == 1 {
        bytes.extend((0..count).map(|i| (i % 4) as u8));
        return bytes;
    }
    bytes.extend([0, 0, 0, 8, 0, 0, 0, 8]);
    for i in 0..count {
        let (right, low) = (i % 2, i / 2 % 2);
        for p in 0..64 {
            let bright = p % 8 / 4 == right && p / 32 == low;
            let noise = (i * 7919 + p * 104_729) % 90;
            bytes.push((noise + if bright { 120 } else { 20 }) as u8);
        }
    }
    bytes
}

fn read(path: &Path) -> Experiment {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The lines of an event file that must not depend on what happened to the run.
fn numbers(events: &Path) -> Vec<String> {
    let text = fs::read_to_string(events).unwrap();
    let wanted = |line: &&str| line.starts_with("{\"Steps\"") || line.starts_with("{\"Evaluated\"");
    text.lines().filter(wanted).map(str::to_string).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(out: &Path) -> Vec<String> {
    fs::read_to_string(out.join("cells.txt")).unwrap().lines().map(str::to_string).collect()
}

// ---------------------------------------------------------------- expand

#[test]
fn a_sweep_is_the_product_of_its_axes() {
    let folder = folder("product");
    let toml = r#"
        [base]
        data = "fashion-mnist"
        net = "tiny"
        T = 120
        w = 3.0
        "b.lr" = 0.05
        [axes]
        method = ["sfw", "projected-sgd"]
        radius = [0.5, 2]
        seed = [1, 2, 3]
    "#;
    let (output, out) = expand(&folder, toml);
    assert!(output.status.success(), "{}", said(&output));
    let found = names(&out);
    assert_eq!(found.len(), 12);
    assert_eq!(found[0], "method-sfw_radius-0.5_seed-1", "axes in the order of the file, the last one fastest");
    assert_eq!(found[1], "method-sfw_radius-0.5_seed-2");
    assert_eq!(found[11], "method-projected-sgd_radius-2_seed-3");
    for name in &found {
        let cell = read(&out.join(format!("{name}.json")));
        let (checked, notes) = check_experiment(&cell);
        assert_eq!((checked, notes), (cell.clone(), vec![]), "a cell is an experiment as the page would write it");
        assert_eq!(parse_experiment(&emit_experiment(&cell)).0, cell);
        assert_eq!((cell.data, cell.network, cell.steps), (DataId::FashionMnist, NetworkId::Tiny, 120));
        assert!(matches!(cell.a.set.radius, Radius::Typed(_)), "an axis overrides the base, also by its other name");
        assert_eq!(cell.b.unwrap().learning_rate.gamma, 0.05);
    }
    let last = read(&out.join("method-projected-sgd_radius-2_seed-3.json"));
    assert_eq!((last.a.method.key(), last.a.set.radius, last.seed), ("projected-sgd", Radius::Typed(2.0), 3));
    let index: serde_json::Value = serde_json::from_slice(&fs::read(out.join("cells.json")).unwrap()).unwrap();
    assert_eq!(index["axes"], serde_json::json!(["method", "radius", "seed"]));
    assert_eq!(index["cells"][11]["values"], serde_json::json!(["projected-sgd", "2", "3"]));
    // One more value: the cells that were there stay as they are.
    let before = fs::read(out.join("method-sfw_radius-0.5_seed-1.json")).unwrap();
    let (_, out) = expand(&folder, &toml.replace("[1, 2, 3]", "[0, 1, 2, 3]"));
    assert_eq!(names(&out).len(), 16);
    assert_eq!(fs::read(out.join("method-sfw_radius-0.5_seed-1.json")).unwrap(), before);
}

#[test]
fn keys_that_belong_together_move_together() {
    let folder = folder("groups");
    let base = Experiment { steps: 77, ..Experiment::default() };
    fs::write(folder.join("base.json"), serde_json::to_string(&base).unwrap()).unwrap();
    let toml = r#"
        experiment = "base.json"
        [axes]
        schedule = [
            { name = "slides", rate = "harmonic", lr = 1.0 },
            { name = "steps, halved", rate = "step-decay", lr = 0.3, eta = 0.5 },
        ]
        batch = ["constant", "growing"]
    "#;
    let (output, out) = expand(&folder, toml);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(names(&out)[1], "schedule-slides_batch-growing");
    assert_eq!(names(&out)[2], "schedule-steps--halved_batch-constant");
    let cell = read(&out.join("schedule-slides_batch-growing.json"));
    assert_eq!((cell.steps, cell.a.learning_rate.rule, cell.a.learning_rate.gamma), (77, RateRule::Harmonic, 1.0));
    assert_eq!(cell.a.batch.rule, BatchRule::Growing);
}

#[test]
fn the_example_of_the_docs_expands() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sweep.example.toml");
    let (output, out) = expand(&folder("example"), &fs::read_to_string(example).unwrap());
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(names(&out).len(), 48);
}

#[test]
fn a_wrong_sweep_says_where_and_what_and_writes_nothing() {
    let folder = folder("wrong");
    let cases: &[(&str, &[&str])] = &[
        ("[axes]\nlr = [0.1, 9.0]", &["cell lr-9", "lr = 9 is out of range", "the nearest value allowed is 2"]),
        ("[axes]\nmethod = [\"sfw\", \"sfv\"]", &["cell method-sfv", "expected one of "]),
        ("[axes]\nlrr = [0.1]", &["cell lrr-0.1", "there is no key lrr", ", lr, "]),
        ("[base]\nsteps = 100\n[axes]\nseed = [1]", &["base", "there is no key steps"]),
        ("[base]\nb.lr = 0.1\n[axes]\nseed = [1]", &["quotation marks", "\"b.lr\""]),
        ("[base]\nseed = [1, 2]\n[axes]\nlr = [0.1]", &["base", "lists belong under [axes]"]),
        ("[base]\nw = 3\nradius = 1\n[axes]\nlr = [0.1]", &["w and radius", "leave one"]),
        ("[axes]\nw = [3]\nradius = [1]", &["axis radius", "leave it on one"]),
        ("[axes]\nlr = [0.1]\nslow = [{ name = \"x\", lr = 0.2 }]", &["axis slow", "lr already"]),
        ("[axes]\nslow = [{ lr = 0.2 }]", &["axis slow", "needs a name"]),
        ("[axes]\nseed = []", &["axis seed", "seed = [first, second]"]),
        ("[axes]\nseed = 3", &["axis seed", "is no list"]),
        ("[axes]\nlr = [0.1, 0.10]", &["cell lr-0.1", "two of this name"]),
        ("[axes]\nlr = [nan]", &["cell lr-NaN", "expected a number from 0.0001 to 2"]),
        ("[base]\nT = 100", &["has no axes"]),
        ("[axis]\nseed = [1]", &["unknown field", "axis"]),
        ("[axes]\nseed = [1,, 2]", &["line 2"]),
        ("experiment = \"nowhere.json\"\n[axes]\nseed = [1]", &["nowhere.json"]),
        ("[base]\ncompare = \"yes\"\n[axes]\nseed = [1]", &["compare = yes", "expected 1 or 0"]),
    ];
    for (toml, expected) in cases {
        let (output, out) = expand(&folder, toml);
        assert_eq!(output.status.code(), Some(1), "{toml}");
        for words in *expected {
            assert!(said(&output).contains(words), "{toml}\n{}\nlacks “{words}”", said(&output));
        }
        assert!(!out.exists(), "{toml} left something behind");
    }
}

// ---------------------------------------------------------------- run, kill, resume

/// Both runs, growing batches, decaying rates: everything a resumed run could get wrong.
fn experiment(steps: u32) -> Experiment {
    let mut experiment = Experiment {
        data: DataId::Own,
        network: NetworkId::Tiny,
        steps,
        evaluate_every: 40,
        reference_images: 64,
        b: Some(RunSpec::opponent()),
        ..Experiment::default()
    };
    for run in [Some(&mut experiment.a), experiment.b.as_mut()].into_iter().flatten() {
        run.batch.b = 4;
        run.batch.rule = BatchRule::Growing;
        run.batch.lambda = 1.5;
        run.learning_rate.gamma = 0.05;
    }
    experiment
}

#[test]
fn a_killed_run_that_is_resumed_ends_like_an_unbroken_one() {
    let folder = folder("killed");
    let cell = folder.join("cell.json");
    fs::write(&cell, serde_json::to_string(&experiment(600)).unwrap()).unwrap();
    let whole = |name: &str| {
        let mut command = run(&folder, &cell, &folder.join(format!("{name}.jsonl")));
        for (option, run) in [("--save", "a"), ("--save-b", "b")] {
            command.arg(option).arg(folder.join(format!("{name}.{run}.safetensors")));
        }
        command.stdout(Stdio::null());
        command
    };
    let unbroken = whole("unbroken").output().unwrap();
    assert!(unbroken.status.success(), "{}", said(&unbroken));
    let expected = numbers(&folder.join("unbroken.jsonl"));
    assert_eq!(expected.iter().filter(|line| line.starts_with("{\"Steps\"")).count(), 600);

    // Checkpoints between measurements, and at the very steps of measurements.
    for (name, every) in [("between", "25"), ("at", "40")] {
        let events = folder.join(format!("{name}.jsonl"));
        let checkpoint = folder.join(format!("{name}.jsonl.checkpoint"));
        let mut child = whole(name).arg("--checkpoint-every").arg(every).spawn().unwrap();
        let began = Instant::now();
        while !checkpoint.exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "no checkpoint within a minute");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "it was over before it could be killed");
        let left = numbers(&events);
        assert!(left.len() < expected.len());

        // A file system may keep half a line.
        let mut text = fs::read(&events).unwrap();
        text.extend(b"{\"Steps\":[{\"run\":\"A\",\"t\":40");
        fs::write(&events, text).unwrap();
        let refused = whole(name).output().unwrap();
        assert!(!refused.status.success());
        assert!(said(&refused).contains("--resume"), "{}", said(&refused));

        let resumed = whole(name).args(["--resume", "--checkpoint-every", every]).output().unwrap();
        assert!(resumed.status.success(), "{}", said(&resumed));
        let text = fs::read_to_string(&events).unwrap();
        let starts: Vec<&str> = text.lines().filter(|line| line.starts_with("{\"Configured\"")).collect();
        assert_eq!(starts.len(), 2, "it went on where it was");
        assert!(!starts[1].starts_with("{\"Configured\":{\"t\":0,"));
        assert!(numbers(&events) == expected, "{name}: steps and measurements are those of the unbroken run");
        for run in ["a", "b"] {
            // Values, shapes and header; the order of the header's entries is up to the writer.
            let weights = |name: &str| {
                let bytes = fs::read(folder.join(format!("{name}.{run}.safetensors"))).unwrap();
                fwlab::nn::load(&bytes).unwrap()
            };
            assert!(weights(name) == weights("unbroken"), "{name}: weights {run} differ");
        }
        assert!(!checkpoint.exists(), "a whole run needs no checkpoint");
    }

    // A whole run is left as it is; another experiment does not go into its file.
    let before = fs::read(folder.join("at.jsonl")).unwrap();
    assert!(whole("at").arg("--resume").output().unwrap().status.success());
    assert_eq!(fs::read(folder.join("at.jsonl")).unwrap(), before);
    fs::write(&cell, serde_json::to_string(&experiment(500)).unwrap()).unwrap();
    let other = whole("at").arg("--resume").output().unwrap();
    assert!(!other.status.success());
    assert!(said(&other).contains("another experiment"), "{}", said(&other));
    assert_eq!(fs::read(folder.join("at.jsonl")).unwrap(), before);
}

// ---------------------------------------------------------------- collect

#[test]
fn collecting_names_what_is_missing_or_broken() {
    let folder = folder("collect");
    let toml = "[base]\ndata = \"own\"\nnet = \"tiny\"\nT = 20\nref = 64\nb = 8\nlr = 0.05\nn = 240\n\
                [axes]\nseed = [1, 2, 3, 4, 5]\nset = [\"l2\"]";
    let (output, out) = expand(&folder, toml);
    assert!(output.status.success(), "{}", said(&output));
    let events = |seed: u32| out.join(format!("seed-{seed}_set-l2.jsonl"));
    let go = |seed: u32| {
        let cell = out.join(format!("seed-{seed}_set-l2.json"));
        let output = run(&folder, &cell, &events(seed)).arg("--resume").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    let (table, page) = (folder.join("table.csv"), folder.join("page.json"));
    let collect = || fwlab("collect").arg(&out).arg("--csv").arg(&table).arg("--page").arg(&page).output().unwrap();
    [1, 3, 4].into_iter().for_each(go);
    // 2 was never run, 3 was cut off in the middle of a line, 4 lost a line, 5 has the events of 1.
    let text = fs::read_to_string(events(3)).unwrap();
    let at = text.find("\"t\":12,").unwrap();
    fs::write(events(3), &text[..at]).unwrap();
    let text = fs::read_to_string(events(4)).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("\"Steps\":[{\"run\":\"A\",\"t\":7,")).collect();
    assert_eq!(without.len() + 1, text.lines().count());
    fs::write(events(4), format!("{}\n", without.join("\n"))).unwrap();
    fs::copy(events(1), events(5)).unwrap();

    let output = collect();
    assert_eq!(output.status.code(), Some(2));
    let report = said(&output);
    for words in [
        "missing: seed-2_set-l2: there is no event file; run `fwlab run ",
        "unfinished: seed-3_set-l2: it stops at step 11 of 20",
        "broken: seed-4_set-l2: run A jumps from step 6 to 8; delete ",
        "broken: seed-5_set-l2: its events belong to another experiment",
        "1 of 5 runs are whole",
    ] {
        assert!(report.contains(words), "{report}\nlacks “{words}”");
    }
    assert!(!report.contains("seed-1_"), "{report}");
    let text = fs::read_to_string(&table).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 6, "a row a cell, whole or not");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let field = |row: usize, name: &str| rows[row][rows[0].iter().position(|column| *column == name).unwrap()];
    assert_eq!((field(1, "status"), field(1, "seed"), field(1, "set")), ("whole", "1", "l2"));
    assert_eq!((field(1, "steps"), field(1, "gradient_evaluations")), ("20", "160"));
    assert_eq!(field(1, "test_images"), "80");
    assert_eq!((field(2, "status"), field(2, "steps")), ("missing", ""));
    assert_eq!((field(3, "status"), field(3, "steps")), ("unfinished", "11"));
    let number = |name: &str| field(1, name).parse::<f64>().unwrap();
    assert!(number("best_test_accuracy") >= number("test_accuracy"));
    for name in ["seconds", "test_loss", "reference_loss", "full_gap", "full_gap_mean", "batch_gap_mean"] {
        assert!(number(name) > 0.0, "{name} {}", number(name));
    }
    let page_json: serde_json::Value = serde_json::from_slice(&fs::read(&page).unwrap()).unwrap();
    let cells = page_json["sweep"]["cells"].as_array().unwrap();
    assert_eq!((cells.len(), cells[1]["status"].as_str()), (5, Some("missing")));
    let curve = cells[0]["a"]["curve"].as_array().unwrap();
    assert_eq!(curve.last().unwrap()[0], 20, "curves end where the run does");

    // As the report says: run again what is missing, delete what is broken.
    fs::remove_file(events(4)).unwrap();
    fs::remove_file(events(5)).unwrap();
    [2, 3, 4, 5].into_iter().for_each(go);
    let output = collect();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_problem_is_reported_in_its_own_words() {
    let folder = folder("failed");
    let (_, out) = expand(&folder, "[base]\ndata = \"own\"\nnet = \"tiny\"\nT = 10\nref = 64\n[axes]\nlr = [0.1]");
    let events = out.join("lr-0.1.jsonl");
    assert!(run(&folder, &out.join("lr-0.1.json"), &events).output().unwrap().status.success());
    let text = fs::read_to_string(&events).unwrap();
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("{\"End\"")).collect();
    lines.push(r#"{"Problem":{"kind":"NotFinite","detail":"the loss is no longer a number"}}"#);
    fs::write(&events, format!("{}\n", lines.join("\n"))).unwrap();
    let output = fwlab("collect").arg(&out).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("failed: lr-0.1: the loss is no longer a number"), "{}", said(&output));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.starts_with("cell,status,lr,seconds,steps,"), "without --csv the table goes to the terminal");
}
