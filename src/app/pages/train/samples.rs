//! Test images and what the network says to them now: thumbnails to choose from, the chosen one large, and the
//! probabilities of its likeliest classes.

use leptos::prelude::*;

use super::bench::Bench;
use super::tables;
use crate::app::figure::{Figure, PixelCanvas, planar_to_rgba};
use crate::app::text::class_names;
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::session::RunId;

/// Thumbnails in the strip.
const THUMBNAILS: usize = 8;
/// Classes listed beside the chosen image.
pub const BARS: usize = 5;

/// What the network answers to one image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    pub class: String,
    /// 0 to 1.
    pub probability: f32,
    pub right: bool,
}

/// Images and answers, shared by the strip of thumbnails and the network figure.
#[derive(Clone, Copy)]
pub struct Gallery {
    bench: Bench,
    /// Channels, height, width; 0 before the first message.
    shape: Memo<[u32; 3]>,
    /// RGBA of each thumbnail.
    pictures: Memo<Vec<Vec<u8>>>,
    /// Class names.
    classes: Memo<Vec<String>>,
    /// The likeliest class of each thumbnail.
    answers: Memo<Vec<Answer>>,
    /// The likeliest classes of the chosen image, `right` marks the true one.
    pub bars: Memo<Vec<Answer>>,
    /// True class of the chosen image.
    pub truth: Memo<String>,
}

impl Gallery {
    /// Creates the signals; call once, inside the page.
    pub fn new(bench: Bench) -> Self {
        // Both runs see the same images; A's are there first.
        let images = bench.log(RunId::A);
        let classes =
            Memo::new(move |_| bench.lab.data.with(|data| data.as_ref().map(class_names).unwrap_or_default()));
        let name = move |label: usize| {
            classes.with(|classes| classes.get(label).cloned().unwrap_or_else(|| label.to_string()))
        };
        let pictures = Memo::new(move |_| {
            images.with(|log| {
                let Some(samples) = &log.samples else { return Vec::new() };
                let [channels, height, width] = samples.shape;
                let size = ((channels * height * width) as usize).max(1);
                let each = samples.pixels.chunks_exact(size).take(THUMBNAILS);
                each.map(|pixels| planar_to_rgba(pixels, channels, height, width)).collect()
            })
        });
        // (true class, probabilities) of each thumbnail for the run looked at.
        let chances = Memo::new(move |_| {
            bench.log(bench.shown.get()).with(|log| {
                let Some(samples) = &log.samples else { return Vec::new() };
                let width = (samples.probabilities.len() / samples.labels.len().max(1)).max(1);
                let rows = samples.labels.iter().zip(samples.probabilities.chunks(width)).take(THUMBNAILS);
                rows.map(|(label, row)| (usize::from(*label), row.to_vec())).collect::<Vec<_>>()
            })
        });
        let answer = move |label: usize, class: usize, probability: f32| Answer {
            class: name(class),
            probability,
            right: label == class,
        };
        let sorted = move |row: &[f32]| {
            let mut order: Vec<(usize, f32)> = row.iter().copied().enumerate().collect();
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            order
        };
        let answers = Memo::new(move |_| {
            let one = |(label, row): &(usize, Vec<f32>)| {
                let best = sorted(row).first().copied().unwrap_or((*label, 0.0));
                answer(*label, best.0, best.1)
            };
            chances.with(|rows| rows.iter().map(one).collect::<Vec<_>>())
        });
        let bars = Memo::new(move |_| {
            chances.with(|rows| {
                let Some((label, row)) = rows.get(bench.sample.get()) else { return Vec::new() };
                let top = sorted(row).into_iter().take(BARS);
                top.map(|(class, probability)| answer(*label, class, probability)).collect::<Vec<_>>()
            })
        });
        let truth = Memo::new(move |_| {
            chances.with(|rows| rows.get(bench.sample.get()).map(|(label, _)| name(*label)).unwrap_or_default())
        });
        let shape = Memo::new(move |_| images.with(|log| log.samples.as_ref().map_or([0; 3], |samples| samples.shape)));
        Self { bench, shape, pictures, classes, answers, bars, truth }
    }

    /// Canvas with thumbnail `index`, made anew when the size of the images changes.
    pub fn picture(self, index: Signal<usize>) -> AnyView {
        let rgba = Signal::derive(move || self.pictures.with(|all| all.get(index.get()).cloned().unwrap_or_default()));
        let label = Signal::derive(move || {
            let right = self.bench.log(RunId::A).with(|log| {
                log.samples.as_ref().and_then(|samples| samples.labels.get(index.get()).copied()).map(usize::from)
            });
            let name = right.and_then(|label| self.classes.with(|classes| classes.get(label).cloned()));
            match name {
                Some(name) => tr_with("train.samples.image", &[("class", name)]),
                None => tr("train.samples.empty"),
            }
        });
        let canvas = move || {
            let [_, height, width] = self.shape.get();
            view! { <PixelCanvas width=width.max(1) height=height.max(1) rgba=rgba label=label /> }.into_any()
        };
        canvas.into_any()
    }
}

/// The strip of thumbnails.
#[component]
pub fn SamplesFigure(gallery: Gallery) -> impl IntoView {
    let bench = gallery.bench;
    let summary = Signal::derive(move || {
        let right = gallery.answers.with(|answers| answers.iter().filter(|answer| answer.right).count());
        let count = gallery.answers.with(Vec::len);
        if count == 0 {
            return tr("train.samples.empty");
        }
        tr_with("train.samples.summary", &[("right", right.to_string()), ("n", count.to_string())])
    });
    view! {
        <Figure
            name="samples"
            class="p1 samples"
            title=Signal::derive(move || tr("train.samples.title"))
            summary=summary
            note=Signal::derive(move || {
                let look = bench.look(bench.shown.get());
                tr_with("train.samples.note", &[("name", look.map(|look| look.name).unwrap_or_default())])
            })
            table=Callback::new(move |()| tables::samples(&bench))
        >
            <div class="thumbs">{(0..THUMBNAILS).map(|index| thumbnail(gallery, index)).collect_view()}</div>
        </Figure>
    }
    .into_any()
}

fn thumbnail(gallery: Gallery, index: usize) -> AnyView {
    let bench = gallery.bench;
    let answer = Memo::new(move |_| gallery.answers.with(|answers| answers.get(index).cloned()));
    let verdict = move || {
        answer.get().map(|answer| {
            let (mark, word) =
                if answer.right { ("✓ ", "train.samples.right") } else { ("✗ ", "train.samples.wrong") };
            view! {
                <span class="says">
                    <b>{answer.class}</b>
                    <span>{fixed(100.0 * f64::from(answer.probability), 0)} " %"</span>
                </span>
                <span class="verdict" class:wrong=!answer.right>
                    {mark}
                    {tr(word)}
                </span>
            }
        })
    };
    view! {
        <button
            type="button"
            class="thumb"
            aria-pressed=move || (bench.sample.get() == index).to_string()
            on:click=move |_| bench.sample.set(index)
        >
            {gallery.picture(Signal::derive(move || index))}
            <span class="words">{verdict}</span>
        </button>
    }
    .into_any()
}
