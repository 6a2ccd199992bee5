//! What all pages share: navigation, transport, question, messages, dialogs, keyboard. A page is mounted in the
//! middle; everything it and the shell know is in [`Lab`]. Pages, dialogs and engines arrive as parts of their own.

mod actions;
mod button;
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
mod sweep_table;
mod theme;
mod transport;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use self::capability_panel::CapabilityPanel;
pub use self::dialog::Dialog;
use self::keys::KeyboardMap;
use self::messages::Messages;
use self::meters::Meters;
use self::nav::Nav;
use self::progress::Progress;
use self::question::Question;
use self::share::ShareDialog;
use self::sweep_table::SweepDialog;
use self::transport::Transport;
use super::lab::{
    AttackPageState, DeviceChoice, Devices, EngineState, Page, RunLog, TrainState, USUAL_GAIN, USUAL_SWIPE,
};
use super::parts::{self, Build};
use super::text::{self, Texts};
use super::{Lab, engine_gate, paced, url, use_lab, wording};
use crate::session::{ATTACK_KEYS, AttackSpec, Experiment, StopReason, SurveyResults};

/// Which dialog is open.
#[derive(Clone, Copy)]
pub(super) struct Shell {
    pub keys: RwSignal<bool>,
    pub share: RwSignal<bool>,
    pub device: RwSignal<bool>,
    pub sweep: RwSignal<bool>,
}

/// Puts the lab into the document, in place of the picture that stood there while its module arrived.
///
/// # Errors
/// What the browser says if the texts did not arrive.
pub async fn mount() -> Result<(), JsValue> {
    let texts = Texts::fetch(url::language(), Vec::new()).await?;
    paced::init();
    mount_to_body(move || view! { <App texts /> });
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    Ok(())
}

thread_local! {
    static MARKED: Cell<bool> = const { Cell::new(false) };
    static LATER: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

fn begin_later() {
    if let Some(begin) = LATER.take() {
        begin();
    }
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
    if request_idle_callback_with_handle(begin_later).is_err() {
        set_timeout(begin_later, Duration::from_millis(50));
    }
}

/// The state of the lab before the address is read.
fn new_lab(texts: Texts) -> Lab {
    let absent = || EngineState::Absent { reason: "device.reason.not_asked" };
    Lab {
        page: RwSignal::new(Page::Geometry),
        language: RwSignal::new(texts.language),
        texts: RwSignal::new(texts),
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
        cost: RwSignal::new(None),
        theory_query: RwSignal::new(Vec::new()),
        methods_query: RwSignal::new(Vec::new()),
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
            constants: RwSignal::new(None),
            parameters: RwSignal::new(0),
            train_images: RwSignal::new(0),
        },
        attack: AttackPageState {
            now: RwSignal::new(None),
            clean: RwSignal::new(Vec::new()),
            moment: RwSignal::new(None),
            shown: RwSignal::new(ATTACK_KEYS.first().map_or_else(String::new, |row| row.0.into())),
            gain: RwSignal::new(USUAL_GAIN.into()),
            apart: RwSignal::new(false),
            swipe: RwSignal::new(USUAL_SWIPE),
            mean: RwSignal::new(false),
            models: RwSignal::new(Vec::new()),
            network: RwSignal::new(None),
            atoms: RwSignal::new(None),
            atoms_sum: RwSignal::new(None),
            wanted: RwSignal::new(Vec::new()),
            curve: RwSignal::new(SurveyResults::default()),
            comparison: RwSignal::new(SurveyResults::default()),
            queued: RwSignal::new(None),
            map: RwSignal::new(None),
            probe: RwSignal::new(None),
        },
        send: Callback::new(engine_gate::send),
        plane_transport: RwSignal::new(None),
    }
}

/// The whole page.
#[component]
fn App(texts: Texts) -> impl IntoView {
    let lab = new_lab(texts);
    provide_context(lab);
    let closed = || RwSignal::new(false);
    let shell = Shell { keys: closed(), share: closed(), device: closed(), sweep: closed() };
    provide_context(shell);
    url::start(lab);
    text::follow(lab);
    engine_gate::follow(lab);
    theme::follow(lab);
    keys::listen(lab, shell);

    let page = open_page(lab);
    let dialogs = RwSignal::new(None::<Build>);
    LATER.set(Some(Box::new(move || after_first_figure(lab, dialogs))));
    view! {
        <div class="page">
            <Nav />
            <Transport />
            <main>
                <Question />
                <Meters line=true />
                {move || page.get().map(|build| build())}
            </main>
            <Progress />
            <Messages />
        </div>
        {move || dialogs.get().map(|build| build())}
    }
    .into_any()
}

/// What nobody misses before: the dialogs, the first engine, and the code of the pages that are not open.
fn after_first_figure(lab: Lab, show_dialogs: RwSignal<Option<Build>>) {
    engine_gate::open(lab);
    spawn_local(async move {
        // Whoever opens a dialog in vain is told when the page is loaded again; nothing else depends on it.
        match parts::dialogs(lab).await {
            Ok(build) => show_dialogs.set(Some(build)),
            Err(_) => lab.report(wording(lab, "shell.not_loaded")),
        }
        if let Ok(install) = parts::hooks().await {
            install(lab);
        }
        for page in Page::ALL {
            // Fetched now, so that changing pages is instant; if it fails, opening the page tries again.
            let _ = parts::page(lab, page).await;
        }
    });
}

/// The dialogs, and what they share with files that are dropped.
pub fn dialogs() -> AnyView {
    import::listen(use_lab());
    view! {
        <KeyboardMap />
        <ShareDialog />
        <CapabilityPanel />
        <SweepDialog />
    }
    .into_any()
}

/// The page whose code is here. While the next one's is fetched, the present one stays.
fn open_page(lab: Lab) -> RwSignal<Option<Build>> {
    let open = RwSignal::new(None);
    Effect::new(move |_| {
        let page = lab.page.get();
        spawn_local(async move {
            let code = parts::page(lab, page).await;
            // Another page may have been chosen meanwhile.
            if lab.page.try_get_untracked() != Some(page) {
                return;
            }
            match code {
                Ok(build) => open.set(Some(build)),
                Err(_) => lab.report(wording(lab, "shell.not_loaded")),
            }
        });
    });
    open
}
