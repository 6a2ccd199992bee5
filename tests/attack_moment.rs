//! Looking back in a race of attacks: what the engine shows of an earlier call is what was there then.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use burn::tensor::Device;
use fwlab::nn::{self, Architecture, Layout, Nonlinearity};
use fwlab::random::Random;
use fwlab::session::engine::{Engine, Next};
use fwlab::session::*;

const SIDE: usize = 8;
const BUDGET: u32 = 12;

fn clock() -> f64 {
    0.0
}

fn say(engine: &mut Engine, command: Command) -> Vec<Event> {
    pollster::block_on(engine.handle(command));
    engine.drain()
}

/// An engine that has run a race on a made-up picture and a made-up network, its last report, and the picture.
fn raced() -> (Engine, AttackNow, Vec<u8>) {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    let architecture = Architecture {
        input: [1, SIDE, SIDE],
        channels: vec![4],
        layout: Layout::Plain,
        classes: 3,
        nonlinearity: Nonlinearity::Relu,
    };
    let weights: Vec<Vec<f32>> =
        architecture.initial(3).into_iter().map(|row| row.into_iter().map(|v| 3.0 * v).collect()).collect();
    let bytes = nn::save(&architecture, &weights, &[]).unwrap();
    say(&mut engine, Command::Model { name: "net".into(), bytes });
    let mut random = Random::new(5, 1);
    let picture: Vec<u8> = (0..SIDE * SIDE).map(|_| random.below(256) as u8).collect();
    let rgba = picture.iter().flat_map(|&v| [v, v, v, 255]).collect();
    say(&mut engine, Command::OwnImage { width: SIDE as u32, height: SIDE as u32, rgba, label: 255 });
    let spec = AttackSpec {
        victim: Victim::Bundled("net".into()),
        data: DataId::Own,
        budget: BUDGET,
        epsilon: 8.0,
        attacks: ["auto-fw", "apgd", "pgd"].map(String::from).to_vec(),
        ..AttackSpec::default()
    };
    let mut events = say(&mut engine, Command::AttackConfigure(spec));
    events.extend(say(&mut engine, Command::AttackRun { calls_per_second: 0.0 }));
    while pollster::block_on(engine.work()) != Next::Idle {
        events.extend(engine.drain());
    }
    events.extend(engine.drain());
    let mut now = events.into_iter().filter_map(|event| if let Event::Attack(now) = event { Some(now) } else { None });
    (engine, now.next_back().unwrap(), picture)
}

fn moment(events: &[Event]) -> Option<AttackMoment> {
    let told = events.iter().rev().find_map(|event| match event {
        Event::AttackMoment(moment) => Some(moment.clone()),
        _ => None,
    });
    told.expect("the engine answers")
}

#[test]
fn every_call_can_be_looked_back_at() {
    let (mut engine, now, picture) = raced();
    assert_eq!((now.call, now.running), (BUDGET, false));
    for call in 0..BUDGET {
        let then = moment(&say(&mut engine, Command::AttackSeek { call })).expect("it is in the past");
        assert_eq!((then.call, then.image, then.lanes.len()), (call, 0, 3));
        for lane in &then.lanes {
            assert!(lane.distance <= 8.0);
            assert_eq!(lane.pixels.len(), picture.len());
            assert!((lane.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            assert!(lane.pixels.iter().zip(&picture).all(|(a, c)| a.abs_diff(*c) <= 8), "{}: outside", lane.key);
            let state = now.attacks.iter().find(|state| state.key == lane.key).unwrap();
            assert_eq!(state.success.len(), BUDGET as usize + 1);
        }
        if call == 0 {
            let auto_fw = then.lanes.iter().find(|lane| lane.key == "auto-fw").unwrap();
            assert_eq!(auto_fw.pixels, picture, "Auto-FW begins at the clean image");
        }
    }
    // From the end the present is seen, and what is there has not changed.
    let events = say(&mut engine, Command::AttackSeek { call: BUDGET });
    assert_eq!(moment(&events), None);
    let again = say(&mut engine, Command::AttackPause).into_iter().find_map(|event| match event {
        Event::Attack(now) => Some(now),
        _ => None,
    });
    assert_eq!(again.unwrap().attacks, now.attacks);
}

#[test]
fn a_step_leads_back_to_the_present() {
    let (mut engine, _, _) = raced();
    assert!(moment(&say(&mut engine, Command::AttackSeek { call: 2 })).is_some());
    assert_eq!(moment(&say(&mut engine, Command::AttackStep)), None);
    let focused = say(&mut engine, Command::AttackFocus(0));
    assert!(!focused.iter().any(|event| matches!(event, Event::AttackMoment(_))), "nobody looks back any more");
}

#[test]
fn success_is_a_share_that_never_falls() {
    let (_, now, _) = raced();
    for state in &now.attacks {
        assert!(state.success.iter().all(|share| (0.0..=1.0).contains(share)), "{}", state.key);
        assert!(state.success.is_sorted(), "{}: what is broken stays broken", state.key);
    }
}
