//! What the engine has been given: data sets, the user's own files, bundled networks.

use std::collections::HashMap;

use super::{EngineError, Needed};
use crate::data::{self, Dataset, DroppedFile, Images, Manifest};
use crate::nn::{self, Architecture, Layout, Nonlinearity};
use crate::session::{DataId, Event, NetworkCard};

/// More own images than this are thinned out, class by class: they must fit a browser's memory.
const MAX_OWN_IMAGES: usize = 10_000;

/// A network out of a file.
pub(super) struct Model {
    pub architecture: Architecture,
    pub values: Vec<Vec<f32>>,
}

/// A picture of the user's own, as the browser decoded it.
pub(super) struct OwnImage {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
    pub label: u8,
}

#[derive(Default)]
pub(super) struct Shelf {
    manifest: Option<Manifest>,
    sets: Vec<(DataId, Dataset)>,
    models: HashMap<String, Model>,
    own_network: Option<Model>,
    pub own_image: Option<OwnImage>,
}

impl Shelf {
    /// Takes the list of shipped data sets in. Sets already there are kept.
    pub fn manifest(&mut self, json: &str) -> Result<(), EngineError> {
        let manifest = Manifest::parse(json)?;
        for (id, key) in DataId::ALL {
            if let Ok(entry) = manifest.dataset(key)
                && !self.knows(id)
            {
                self.sets.push((id, Dataset::new(entry)));
            }
        }
        self.manifest = Some(manifest);
        Ok(())
    }

    /// Takes a shard in and says how much of its set there is now. A shard that is already there changes nothing.
    pub fn shard(&mut self, file: &str, bytes: &[u8]) -> Result<Event, EngineError> {
        let missing = || EngineError::Missing(Needed::List);
        let manifest = self.manifest.as_ref().ok_or_else(missing)?;
        for (id, set) in &mut self.sets {
            let Ok(entry) = manifest.dataset(id.key()) else { continue };
            if let Some(shard) = entry.shards.iter().find(|shard| shard.file == file) {
                match set.add_shard(shard, bytes) {
                    Ok(()) | Err(data::DataError::DuplicateShard { .. }) => return Ok(arrived(*id, set)),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Err(EngineError::UnknownFile(file.into()))
    }

    /// Replaces the training images of a set.
    pub fn put_training_images(&mut self, id: DataId, images: Images) -> Result<(), EngineError> {
        let known = self.sets.iter_mut().find(|(known, _)| *known == id);
        let (_, set) = known.ok_or_else(|| EngineError::Missing(Needed::Set(id.key())))?;
        *set = Dataset::from_images(&set.name, set.classes.clone(), images, set.test.clone())?;
        Ok(())
    }

    /// Takes the user's files in as the set `own`.
    pub fn own_files(&mut self, files: &[(String, Vec<u8>)]) -> Result<Event, EngineError> {
        let files: Vec<DroppedFile<'_>> =
            files.iter().map(|(name, bytes)| DroppedFile { name: name.as_str(), bytes: bytes.as_slice() }).collect();
        let dropped = data::read_dropped(&files, MAX_OWN_IMAGES)?;
        let set = Dataset::from_images(DataId::Own.key(), dropped.classes, dropped.train, dropped.test)?;
        let event = arrived(DataId::Own, &set);
        self.sets.retain(|(id, _)| *id != DataId::Own);
        self.sets.push((DataId::Own, set));
        Ok(event)
    }

    /// Keeps a picture for the attack; it is cut to a network's input when one is chosen.
    pub fn own_image(&mut self, width: u32, height: u32, rgba: Vec<u8>, label: u8) {
        self.own_image = Some(OwnImage { width, height, rgba, label });
    }

    /// Takes a bundled network in.
    pub fn model(&mut self, name: String, bytes: &[u8]) -> Result<Event, EngineError> {
        let (architecture, values, header) = nn::load(bytes)?;
        let test_accuracy = header.get("test_accuracy").and_then(|text| text.parse().ok()).unwrap_or(f32::NAN);
        let title = header.get("title").cloned().unwrap_or_else(|| name.clone());
        self.models.insert(name.clone(), Model { architecture, values });
        Ok(Event::ModelReady { name, title, test_accuracy })
    }

    /// Takes a network of the user's own in and says what it is. If its file is refused, the one before stays.
    pub fn own_network(&mut self, name: &str, bytes: &[u8]) -> Result<NetworkCard, EngineError> {
        if let Some(error) = nn::recognise(name, bytes) {
            return Err(error.into());
        }
        let (architecture, values, header) = nn::load(bytes)?;
        let card = card(name, &architecture, !header.contains_key("activation"));
        self.own_network = Some(Model { architecture, values });
        Ok(card)
    }

    /// Whether shape and classes of a set are known (its images may still be on their way).
    pub fn knows(&self, id: DataId) -> bool {
        self.sets.iter().any(|(known, _)| *known == id)
    }

    /// A data set.
    pub fn set(&self, id: DataId) -> Result<&Dataset, EngineError> {
        let missing = || EngineError::Missing(Needed::Set(id.key()));
        self.sets.iter().find(|(known, _)| *known == id).map(|(_, set)| set).ok_or_else(missing)
    }

    /// A bundled network.
    pub fn bundled(&self, name: &str) -> Result<&Model, EngineError> {
        self.models.get(name).ok_or_else(|| EngineError::Missing(Needed::Network(name.into())))
    }

    /// The network of the user's own.
    pub fn own(&self) -> Result<&Model, EngineError> {
        self.own_network.as_ref().ok_or(EngineError::Missing(Needed::OwnNetwork))
    }

    /// The user's picture, cut to `shape`.
    pub fn picture(&self, shape: data::ImageShape) -> Option<Result<(Images, u8), EngineError>> {
        let own = self.own_image.as_ref()?;
        let images = data::from_rgba(own.width as usize, own.height as usize, &own.rgba, shape);
        Some(images.map(|images| (images, own.label)).map_err(EngineError::from))
    }
}

fn card(name: &str, architecture: &Architecture, assumed: bool) -> NetworkCard {
    let layout = Layout::ALL.iter().find(|row| row.0 == architecture.layout).map_or("", |row| row.1);
    NetworkCard {
        name: name.into(),
        layout: layout.into(),
        input: architecture.input.map(|side| side as u32),
        channels: architecture.channels.iter().map(|channels| *channels as u32).collect(),
        classes: architecture.classes as u32,
        smooth: architecture.nonlinearity == Nonlinearity::Gelu,
        assumed,
        parameters: architecture.parameters().iter().map(|parameter| parameter.len() as u32).sum(),
    }
}

fn arrived(id: DataId, set: &Dataset) -> Event {
    Event::Data {
        data: id,
        classes: set.classes.clone(),
        shape: [set.shape.channels as u32, set.shape.height as u32, set.shape.width as u32],
        train: set.train.len() as u32,
        train_total: set.train_expected as u32,
        test: set.test.len() as u32,
        test_total: set.test_expected as u32,
    }
}
