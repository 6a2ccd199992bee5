//! What all pages share: navigation, transport, question, messages, dialogs, keyboard. A page is mounted in the
//! middle; everything it and the shell know is in [`Lab`].

mod actions;
mod capability_panel;
mod dialog;
mod icons;
mod import;
mod keys;
mod messages;
mod meters;
mod nav;
mod progress;
mod question;
mod scrubber;
mod share;
mod speed;
mod theme;
mod transport;

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;

use self::capability_panel::CapabilityPanel;
use self::keys::KeyboardMap;
use self::messages::Messages;
use self::meters::Meters;
use self::nav::Nav;
use self::progress::Progress;
use self::question::Question;
use self::share::ShareDialog;
use self::transport::Transport;
use super::lab::{AttackPageState, DeviceChoice, Devices, EngineState, Page, RunLog, TrainState};
use super::pages::attack::AttackPage;
use super::pages::geometry::GeometryPage;
use super::pages::train::TrainPage;
use super::{Lab, engine_link, url};
use crate::session::{AttackSpec, Experiment, StopReason};

/// Which dialog is open.
#[derive(Clone, Copy)]
pub(super) struct Shell {
    pub keys: RwSignal<bool>,
    pub share: RwSignal<bool>,
    pub device: RwSignal<bool>,
}

/// Puts the lab into the document, in place of the picture that stood there while its module arrived.
pub fn mount() {
    mount_to_body(App);
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}

thread_local! {
    static MARKED: Cell<bool> = const { Cell::new(false) };
}

/// A page calls this when its first live figure is drawn. What is not needed for it begins now.
pub fn mark_ready(page: Page) {
    if let Some(body) = document().body() {
        let _ = body.set_attribute("data-ready", page.key());
    }
    if MARKED.replace(true) {
        return;
    }
    if let Some(performance) = window().performance() {
        let _ = performance.mark("fwlab:first-figure");
    }
    // After the figure has been painted; where the browser cannot say when it is idle, a moment later.
    if request_idle_callback_with_handle(after_first_figure).is_err() {
        set_timeout(after_first_figure, Duration::from_millis(50));
    }
}

fn after_first_figure() {
    engine_link::wake_up();
    engine_link::capability::register_service_worker();
}

/// The state of the lab before the address is read.
fn new_lab() -> Lab {
    let absent = || EngineState::Absent { reason: "device.reason.not_asked" };
    Lab {
        page: RwSignal::new(Page::Geometry),
        language: RwSignal::new(url::usual_language()),
        dark: RwSignal::new(None),
        present: RwSignal::new(false),
        messages: RwSignal::new(Vec::new()),
        device_choice: RwSignal::new(DeviceChoice::Auto),
        devices: RwSignal::new(Devices {
            cpu: absent(),
            gpu: absent(),
            active: None,
            adapter: String::new(),
            cpu_ms: None,
            gpu_ms: None,
            disagreement: None,
            reason: "device.reason.not_asked",
        }),
        data: RwSignal::new(None),
        speed: RwSignal::new(url::usual_speed(Page::Geometry)),
        experiment: RwSignal::new(Experiment::default()),
        attack_spec: RwSignal::new(AttackSpec::default()),
        plane_query: RwSignal::new(Vec::new()),
        notes: RwSignal::new(Vec::new()),
        train: TrainState {
            a: RwSignal::new(RunLog::default()),
            b: RwSignal::new(RunLog::default()),
            t: RwSignal::new(0),
            running: RwSignal::new(false),
            reason: RwSignal::new(StopReason::None),
            snapshots: RwSignal::new(Vec::new()),
            sub_step: RwSignal::new(None),
            meter: RwSignal::new(None),
            parameters: RwSignal::new(0),
            train_images: RwSignal::new(0),
        },
        attack: AttackPageState {
            now: RwSignal::new(None),
            clean: RwSignal::new(Vec::new()),
            models: RwSignal::new(Vec::new()),
        },
        send: Callback::new(engine_link::send),
        plane_transport: RwSignal::new(None),
    }
}

/// The whole page.
#[component]
fn App() -> impl IntoView {
    let lab = new_lab();
    provide_context(lab);
    let shell = Shell { keys: RwSignal::new(false), share: RwSignal::new(false), device: RwSignal::new(false) };
    provide_context(shell);
    url::start(lab);
    engine_link::start(lab);
    theme::follow(lab);
    keys::listen(lab, shell);
    import::listen(lab);

    let page = move || match lab.page.get() {
        Page::Geometry => view! { <GeometryPage /> }.into_any(),
        Page::Train => view! { <TrainPage /> }.into_any(),
        Page::Attack => view! { <AttackPage /> }.into_any(),
    };
    view! {
        <div class="page">
            <Nav />
            <Transport />
            <main>
                <Question />
                <Meters line=true />
                {page}
            </main>
            <Progress />
            <Messages />
        </div>
        <KeyboardMap />
        <ShareDialog />
        <CapabilityPanel />
    }
    .into_any()
}
