//! Parts of the program that are files of their own, fetched when they are first needed, so that what a visitor
//! waits for does not grow with what the lab can do. The build cuts the program at these functions: what only one
//! part reaches goes into its file, what several reach into files that they share, and the rest stays in the
//! program (scripts/page.mjs).
//!
//! Each gives back plain functions, so that what they make is made where they are called: inside the caller's
//! reactive owner.

use leptos::prelude::*;
use leptos::wasm_split::{self, SplitLoaderError};

use super::Lab;
use super::figure::{self, Menu};
use super::lab::Page;
use super::pages::{attack, geometry, methods, theory, train};
use super::url::{self, Codec};
use super::{engine_link, shell, text};
use crate::session::Command;

/// The file could not be fetched. Asking again tries again.
pub type NotLoaded = SplitLoaderError;

/// Builds a view.
pub type Build = fn() -> AnyView;

/// The view of a page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn page(lab: Lab, page: Page) -> Result<Build, NotLoaded> {
    text::need(lab, page.key()).await;
    match page {
        Page::Geometry => geometry_page().await,
        Page::Theory => theory_page().await,
        Page::Methods => methods_page().await,
        Page::Train => train_page().await.map(|code| with_codec(lab, page, code)),
        Page::Attack => attack_page().await.map(|code| with_codec(lab, page, code)),
    }
}

#[wasm_split::wasm_split(geometry, wasm_split_path = leptos::wasm_split, fallible)]
fn geometry_page() -> Result<Build, NotLoaded> {
    Ok(|| view! { <geometry::GeometryPage /> }.into_any())
}

#[wasm_split::wasm_split(theory, wasm_split_path = leptos::wasm_split, fallible)]
fn theory_page() -> Result<Build, NotLoaded> {
    Ok(|| view! { <theory::TheoryPage /> }.into_any())
}

#[wasm_split::wasm_split(methods, wasm_split_path = leptos::wasm_split, fallible)]
fn methods_page() -> Result<Build, NotLoaded> {
    Ok(|| view! { <methods::MethodsPage /> }.into_any())
}

#[wasm_split::wasm_split(train, wasm_split_path = leptos::wasm_split, fallible)]
fn train_page() -> Result<(Build, Codec), NotLoaded> {
    Ok((|| view! { <train::TrainPage /> }.into_any(), train::CODEC))
}

#[wasm_split::wasm_split(attack, wasm_split_path = leptos::wasm_split, fallible)]
fn attack_page() -> Result<(Build, Codec), NotLoaded> {
    Ok((|| view! { <attack::AttackPage /> }.into_any(), attack::CODEC))
}

fn with_codec(lab: Lab, page: Page, (build, codec): (Build, Codec)) -> Build {
    url::install(lab, page, codec);
    build
}

/// The gallery of sets, below the figures of the geometry page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn gallery(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "gallery").await;
    gallery_part().await
}

#[wasm_split::wasm_split(gallery, wasm_split_path = leptos::wasm_split, fallible)]
fn gallery_part() -> Result<Build, NotLoaded> {
    Ok(geometry::gallery)
}

/// The decision map, below the figures of the attack page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn decision_map(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "map").await;
    decision_map_part().await
}

#[wasm_split::wasm_split(decision_map, wasm_split_path = leptos::wasm_split, fallible)]
fn decision_map_part() -> Result<Build, NotLoaded> {
    Ok(attack::decision_map)
}

/// The race of the step rules, which unfolds on the geometry page.
#[wasm_split::wasm_split(race, wasm_split_path = leptos::wasm_split, fallible)]
pub fn race() -> Result<Build, NotLoaded> {
    Ok(geometry::race)
}

/// The theorems over a trained network, at the foot of the theory page.
#[wasm_split::wasm_split(theory_cnn, wasm_split_path = leptos::wasm_split, fallible)]
pub fn theory_cnn() -> Result<Build, NotLoaded> {
    Ok(theory::cnn)
}

/// What the attacked image is made of, below the figures of the attack page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn atoms(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "atoms").await;
    atoms_part().await
}

#[wasm_split::wasm_split(atoms, wasm_split_path = leptos::wasm_split, fallible)]
fn atoms_part() -> Result<Build, NotLoaded> {
    Ok(attack::atoms)
}

/// Where the images went, and how many are broken by which call, below the figures of the attack page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn flow(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "flow").await;
    flow_part().await
}

#[wasm_split::wasm_split(flow, wasm_split_path = leptos::wasm_split, fallible)]
fn flow_part() -> Result<Build, NotLoaded> {
    Ok(attack::flow)
}

/// Robust accuracy against ε, below the figures of the attack page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn attack_curve(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "curve").await;
    attack_curve_part().await
}

#[wasm_split::wasm_split(attack_curve, wasm_split_path = leptos::wasm_split, fallible)]
fn attack_curve_part() -> Result<Build, NotLoaded> {
    Ok(attack::robustness)
}

/// Networks against attacks, as in the slides' table, at the foot of the attack page.
///
/// # Errors
/// [`NotLoaded`].
pub async fn attack_comparison(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "versus").await;
    attack_comparison_part().await
}

#[wasm_split::wasm_split(attack_comparison, wasm_split_path = leptos::wasm_split, fallible)]
fn attack_comparison_part() -> Result<Build, NotLoaded> {
    Ok(attack::comparison)
}

/// What reads a picture of the user's own, and the pad to draw one on.
///
/// # Errors
/// [`NotLoaded`].
pub async fn own(lab: Lab) -> Result<attack::OwnTools, NotLoaded> {
    text::need(lab, "own").await;
    own_part().await
}

#[wasm_split::wasm_split(own, wasm_split_path = leptos::wasm_split, fallible)]
fn own_part() -> Result<attack::OwnTools, NotLoaded> {
    Ok(attack::OWN_TOOLS)
}

/// What is behind the menus of the figures.
#[wasm_split::wasm_split(figure_menu, wasm_split_path = leptos::wasm_split, fallible)]
pub fn figure_menu() -> Result<Menu, NotLoaded> {
    Ok(figure::menu_part())
}

/// The dialogs, which nobody opens in the first second.
///
/// # Errors
/// [`NotLoaded`].
pub async fn dialogs(lab: Lab) -> Result<Build, NotLoaded> {
    text::need(lab, "dialogs").await;
    dialogs_part().await
}

#[wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
fn dialogs_part() -> Result<Build, NotLoaded> {
    Ok(shell::dialogs)
}

/// The way to the engines.
pub struct EngineLink {
    /// Connects them to the lab; call once, inside an owner that lives as long as the page.
    pub start: fn(Lab),
    /// Starts the first of them, unless it has been.
    pub wake: fn(),
    pub send: fn(Command),
}

/// Functions on `window` for the browser tests and the benchmark.
#[wasm_split::wasm_split(hooks, wasm_split_path = leptos::wasm_split, fallible)]
pub fn hooks() -> Result<fn(Lab), NotLoaded> {
    Ok(engine_link::install_hooks)
}

/// The way to the engines. Geometry needs none.
#[wasm_split::wasm_split(engines, wasm_split_path = leptos::wasm_split, fallible)]
pub fn engines() -> Result<EngineLink, NotLoaded> {
    Ok(EngineLink { start: engine_link::start, wake: engine_link::wake_up, send: engine_link::send })
}
