//! Every image as a square, filled the more the farther it holds. An image is chosen by pointer or arrow keys and opened
//! in the race by a click or Enter.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::super::desk::short_name;
use super::{STEPS, size_text};
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::use_width;
use crate::app::{Lab, tr, tr_with};
use crate::session::{Fate, SurveyResults, SurveySpec};

/// Pixels from square to square, and of a square, at normal text size.
const PITCH: f64 = 14.0;
const SIDE: f64 = 11.0;

/// What became of an image over all ε and attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    WrongAlready,
    /// Broken at this step, counted from 1, and not before.
    Until(u32),
    /// Right at every ε.
    All,
}

/// Images that every attack has seen at every ε.
fn holds(results: &SurveyResults) -> Vec<Hold> {
    let Some(spec) = &results.spec else { return Vec::new() };
    let cells = || (0..spec.sizes.len()).flat_map(|size| (0..spec.contenders.len()).map(move |attack| (size, attack)));
    let run = |(size, attack)| results.cell(0, size, attack).filter(|cell| cell.refused.is_empty());
    let seen = cells().filter_map(run).map(|cell| cell.fates.len()).min().unwrap_or(0);
    let hold = |image: usize| {
        let fate = |place: (usize, usize)| run(place).and_then(|cell| cell.fates.get(image).copied());
        if cells().any(|place| fate(place) == Some(Fate::WrongAlready)) {
            return Hold::WrongAlready;
        }
        let first = cells().find(|place| fate(*place) == Some(Fate::Broken));
        first.map_or(Hold::All, |(size, _)| Hold::Until(size as u32 + 1))
    };
    (0..seen).map(hold).collect()
}

/// The attacks that break an image at a step.
fn who(results: &SurveyResults, spec: &SurveySpec, image: usize, step: u32) -> String {
    let size = step.saturating_sub(1) as usize;
    let broken = |attack: &usize| {
        results.cell(0, size, *attack).and_then(|cell| cell.fates.get(image)).is_some_and(|fate| *fate == Fate::Broken)
    };
    let names = (0..spec.contenders.len()).filter(broken).filter_map(|attack| spec.contenders.get(attack));
    names.map(|contender| short_name(&contender.attack)).collect::<Vec<_>>().join(", ")
}

/// The squares.
#[component]
pub fn ImageMap(lab: Lab) -> impl IntoView {
    let results = lab.attack.curve;
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let all = Memo::new(move |_| results.with(holds));
    let chosen = RwSignal::new(0_usize);
    let pitch = move || PITCH * if lab.present.get() { 1.125 } else { 1.0 };
    let columns = move || ((width.get() / pitch()).floor() as usize).max(1);
    let height = move || all.with(|all| all.len().div_ceil(columns())) as f64 * pitch();
    let drawn = Memo::new(move |_| all.with(|all| svg(&marks(all, columns(), pitch(), chosen.get()))));
    let told = Memo::new(move |_| results.with(|results| told(results, &all.get(), chosen.get())));
    let empty = Memo::new(move |_| all.with(Vec::is_empty));

    let under = move |event: &ev::MouseEvent| {
        let area = node.get_untracked()?.get_bounding_client_rect();
        let (x, y) = (f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top());
        untrack(|| {
            let (column, row) = ((x / pitch()).floor() as usize, (y / pitch()).floor() as usize);
            let image = row * columns() + column;
            (column < columns() && all.with(|all| image < all.len())).then_some(image)
        })
    };
    let pointed = move |event: ev::PointerEvent| {
        if let Some(image) = under(&event) {
            chosen.set(image);
        }
    };
    let clicked = move |event: ev::MouseEvent| {
        if let Some(image) = under(&event) {
            chosen.set(image);
            open(lab, image);
        }
    };
    let keyed = move |event: ev::KeyboardEvent| {
        let (last, columns) = untrack(|| (all.with(|all| all.len().saturating_sub(1)), columns()));
        let now = chosen.get_untracked().min(last);
        let next = match event.key().as_str() {
            "ArrowLeft" => now.saturating_sub(1),
            "ArrowRight" => now + 1,
            "ArrowUp" => now.saturating_sub(columns),
            "ArrowDown" => now + columns,
            "Home" => 0,
            "End" => last,
            "Enter" | " " => {
                event.prevent_default();
                event.stop_propagation();
                return open(lab, now);
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        chosen.set(next.min(last));
    };
    view! {
        <p class="image-key">{move || tr("curve.key")}</p>
        <div
            class="image-map"
            data-images=move || all.with(Vec::len).to_string()
            node_ref=node
            tabindex=move || if empty.get() { "-1" } else { "0" }
            role="slider"
            aria-label=move || tr("curve.map")
            aria-valuemin="0"
            aria-valuemax=move || all.with(|all| all.len().saturating_sub(1)).to_string()
            aria-valuenow=move || chosen.get().to_string()
            aria-valuetext=move || told.get()
            on:pointermove=pointed
            on:click=clicked
            on:keydown=keyed
        >
            <svg
                aria-hidden="true"
                width=move || format!("{:.0}", width.get())
                height=move || format!("{:.0}", height())
            >
                <g inner_html=move || drawn.get()></g>
            </svg>
        </div>
        <p class="why">{move || told.get()}</p>
    }
    .into_any()
}

/// One path for each way an image may fare, and a frame round the chosen one.
fn marks(all: &[Hold], columns: usize, pitch: f64, chosen: usize) -> Vec<Mark> {
    let side = pitch * SIDE / PITCH;
    let corner = |image: usize| ((image % columns) as f64 * pitch + 1.0, (image / columns) as f64 * pitch + 1.0);
    let squares = |which: Hold| {
        let mine = all.iter().enumerate().filter(|(_, hold)| **hold == which);
        mine.map(|(image, _)| {
            let (x, y) = corner(image);
            if which == Hold::WrongAlready {
                // A dash: it was lost before anybody touched it.
                return format!("M{x:.1} {:.1}h{side:.1}v1.5h-{side:.1}z", y + side / 2.0 - 0.75);
            }
            let share = match which {
                Hold::Until(step) => f64::from(step.saturating_sub(1)) / f64::from(STEPS),
                Hold::WrongAlready | Hold::All => 1.0,
            };
            // Filled from below as far as it held, so that it reads without shades.
            let filled = (side * share).max(0.0);
            format!("M{x:.1} {:.1}h{side:.1}v{filled:.1}h-{side:.1}z", y + side - filled)
        })
        .collect::<String>()
    };
    let outlines: String = all
        .iter()
        .enumerate()
        .filter(|(_, hold)| **hold != Hold::WrongAlready)
        .map(|(image, _)| {
            let (x, y) = corner(image);
            format!("M{x:.1} {y:.1}h{side:.1}v{side:.1}h-{side:.1}z")
        })
        .collect();
    let mut marks = vec![Mark::path("square", outlines), Mark::path("held", squares(Hold::WrongAlready))];
    marks.extend((1..=STEPS).map(|step| Mark::path("held", squares(Hold::Until(step)))));
    marks.push(Mark::path("held", squares(Hold::All)));
    if chosen < all.len() {
        let (x, y) = corner(chosen);
        let (x, y, ring) = (x - 1.5, y - 1.5, side + 3.0);
        marks.push(Mark::path("ring", format!("M{x:.1} {y:.1}h{ring:.1}v{ring:.1}h-{ring:.1}z")));
    }
    marks
}

/// What is known of the chosen image.
fn told(results: &SurveyResults, all: &[Hold], image: usize) -> String {
    let (Some(spec), Some(hold)) = (&results.spec, all.get(image)) else { return String::new() };
    let number = ("n", (spec.common.first_image as usize + image).to_string());
    match hold {
        Hold::WrongAlready => tr_with("curve.image.wrong", &[number]),
        Hold::All => {
            let last = spec.sizes.last().copied().unwrap_or(0.0);
            tr_with("curve.image.holds", &[number, ("size", size_text(&spec.common, last))])
        }
        Hold::Until(step) => {
            let size = spec.sizes.get(step.saturating_sub(1) as usize).copied().unwrap_or(0.0);
            let names = who(results, spec, image, *step);
            tr_with("curve.image.breaks", &[number, ("size", size_text(&spec.common, size)), ("names", names)])
        }
    }
}

/// Shows an image in the race, within the ε at which it breaks, or the largest one.
fn open(lab: Lab, image: usize) {
    let found = lab.attack.curve.with_untracked(|results| {
        let spec = results.spec.clone()?;
        let size = match holds(results).get(image)? {
            Hold::Until(step) => spec.sizes.get(step.saturating_sub(1) as usize).copied(),
            Hold::WrongAlready | Hold::All => None,
        };
        Some((size.or(spec.sizes.last().copied()), spec))
    });
    let Some((size, spec)) = found else { return };
    let total = lab.data.with_untracked(|data| data.as_ref().map_or(0, |data| data.test_total));
    lab.attack_spec.update(|attack| {
        if let Some(subject) = spec.subjects.first() {
            attack.victim = subject.victim.clone();
            attack.data = subject.data;
        }
        (attack.norm, attack.p) = (spec.common.norm, spec.common.p);
        // What was surveyed is any wrong class, and no image was left out.
        attack.target = None;
        if let Some(size) = size {
            attack.set_size(size);
        }
        let image = spec.common.first_image.saturating_add(image as u32);
        let group = attack.images.max(1);
        // The last images of a split stand in a group that ends with it.
        attack.first_image = (image / group * group).min(total.saturating_sub(group));
        attack.focus = image.saturating_sub(attack.first_image);
    });
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{AttackSpec, Contender, DataId, Subject, SurveyId, SurveyNow, SurveyPart, Victim};

    #[test]
    fn an_image_breaks_at_the_smallest_size_at_which_any_attack_breaks_it() {
        use Fate::{Broken, Held, LostIn8Bits, WrongAlready};
        let common = AttackSpec::default();
        let spec = SurveySpec {
            id: SurveyId::Curve,
            subjects: vec![Subject { victim: Victim::TrainingA, data: DataId::Cifar10 }],
            sizes: vec![1.0, 2.0],
            contenders: vec![Contender::plain("auto-fw", &common), Contender::plain("apgd", &common)],
            images: 4,
            batch: 4,
            common,
        };
        let mut results = SurveyResults::new(spec);
        let fates = [
            [[WrongAlready, Held, Held, Held], [WrongAlready, Held, Held, LostIn8Bits]],
            [[WrongAlready, Held, Broken, Held], [WrongAlready, Broken, Broken, LostIn8Bits]],
        ];
        for (size, row) in fates.iter().enumerate() {
            for (contender, fates) in row.iter().enumerate() {
                let part = SurveyPart {
                    subject: 0,
                    size: size as u32,
                    contender: contender as u32,
                    from: 0,
                    fates: fates.to_vec(),
                    best_loss: vec![],
                    halvings: 0,
                    zero_gradients: 0,
                    outside: 0,
                    refused: String::new(),
                };
                assert!(holds(&results).is_empty(), "not before every attack has seen it");
                results.add(SurveyNow { id: SurveyId::Curve, running: true, done: 1, of: 4, parts: vec![part] });
            }
        }
        assert_eq!(holds(&results), [Hold::WrongAlready, Hold::Until(2), Hold::Until(2), Hold::All]);
        let squares = marks(&holds(&results), 2, PITCH, 3);
        assert_eq!(squares.len(), 2 + STEPS as usize + 2);
    }
}
