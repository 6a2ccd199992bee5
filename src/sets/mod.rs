//! Constraint sets Ω: what a method may not leave.
//!
//! Every set answers four questions: which of its points is lowest along a direction (`lmo`), which is
//! nearest (`project`), how far out a point lies (`gauge`), how wide the set is (`diameter`). The slice form
//! (`f64`) serves the plane and the tests; the row form (tensors `[rows, n]`) serves layers and images. Tests
//! hold the two equal. [`Product`] puts sets together, one a block of entries.
//!
//! Adding a set: one file beside `l1.rs` and one row in [`SETS`]. Tests, menus, URL keys and docs follow.

mod birkhoff;
mod group_lasso;
mod k_norm;
mod k_sparse;
mod k_support;
mod l1;
mod l2;
mod linf;
mod lp;
mod matrix;
mod nuclear;
mod permutahedron;
mod polygon;
mod probability_simplex;
mod product;
mod rectangle;
mod scan;
mod simplex;
mod spectral;
mod svd;
mod threat;
mod top;
pub mod transport;

#[cfg(feature = "engine")]
pub mod image_ball;
#[cfg(feature = "engine")]
mod rows;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

pub use product::{Product, joint_diameter};

#[cfg(feature = "engine")]
pub use rows::RowSet;
#[cfg(feature = "engine")]
pub(crate) use rows::first_argmax_one_hot;
pub use threat::{NormId, Oracle, ThreatModel};

use crate::told::{tell, text, word};

/// What can go wrong when a set is built or asked.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SetError {
    #[error(
        "the gradient holds a value that is not a number, so no corner can be chosen; lower the learning rate or reset"
    )]
    NotFinite,
    #[error("{what} must be {range}, found {found}")]
    Parameter { what: &'static str, range: String, found: f64 },
    #[error("there is no constraint set called “{0}”; the known ones are {known}", known = known_keys())]
    Unknown(String),
    #[error("{0} has no row form, so it cannot hold the weights of a layer; choose another set")]
    PlaneOnly(&'static str),
    #[error("a polygon needs at least three corners that enclose an area, found {0}")]
    Polygon(usize),
}

tell!(SetError {
    Self::NotFinite => "error.set.not_finite",
    Self::Parameter { what, range, found } => "error.set.parameter" {
        what = word(what), range = word(range), found = text(found)
    },
    Self::Unknown(key) => "error.set.unknown" { key = text(key), known = text(&known_keys()) },
    Self::PlaneOnly(name) => "error.set.plane_only" { name = text(name) },
    Self::Polygon(corners) => "error.set.polygon" { found = text(corners) },
});

/// The numbers that shape a set. Each set reads only what it names in [`SetEntry::shape`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetShape {
    /// Radius r or scale τ, > 0.
    pub radius: f64,
    /// Exponent p of the Lp ball, in (1, ∞).
    pub p: f64,
    /// Number of non-zeros K of a K-sparse vertex, 1 ≤ K ≤ n.
    pub k: usize,
    /// Height of a rectangle over its width.
    pub aspect: f64,
    /// Corners of a polygon in the plane; their convex hull is the set.
    pub corners: Vec<[f64; 2]>,
    /// Columns of a matrix stored row by row, n = rows·columns. 0: not given; sets of square matrices then take √n.
    pub columns: usize,
    /// Entries of a group (consecutive ones). 0: not given; a group is then a row of the matrix, or everything.
    pub group: usize,
}

impl Default for SetShape {
    fn default() -> Self {
        Self { radius: 1.0, p: 3.0, k: 1, aspect: 0.6, corners: Vec::new(), columns: 0, group: 0 }
    }
}

/// A convex compact set Ω ⊂ Rⁿ, slice form.
///
/// Ties and zeros are fixed: an all-zero gradient returns `x` itself (no move, gap 0); equal |gᵢ| take the
/// lowest index; see each file for gᵢ = 0.
pub trait ConstraintSet: Send + Sync + std::fmt::Debug {
    /// Writes a vertex of argmin⟨g, v⟩ over Ω to `v`: a point, never a direction.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if `g` holds NaN or ±∞; `v` then says nothing.
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError>;
    /// Moves `x` to the nearest point of Ω (Euclidean).
    fn project(&self, x: &mut [f64]);
    /// The smallest s ≥ 0 with x ∈ c + s(Ω − c), c the set's [`centre`](Self::centre): ≤ 1 inside, 1 on the
    /// boundary. Sets without interior (probability simplex, permutahedron, Birkhoff polytope) answer 1 plus the
    /// residual of their equations to a point off their plane.
    fn gauge(&self, x: &[f64]) -> f64;
    /// Largest Euclidean distance between two points of Ω ⊂ Rⁿ.
    fn diameter(&self, n: usize) -> f64;
    /// The point the gauge is measured from; 0 unless the set says otherwise.
    fn centre(&self, n: usize) -> Vec<f64> {
        vec![0.0; n]
    }
    /// Whether x ∈ Ω up to the relative tolerance `tol`.
    fn contains(&self, x: &[f64], tol: f64) -> bool {
        self.gauge(x) <= 1.0 + tol
    }
}

/// Which of [`SetShape`]'s numbers a set reads: they become its controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeParameter {
    Radius,
    Exponent,
    Sparsity,
    Aspect,
    Corners,
    Group,
}

/// Builds a set's slice form in Rⁿ.
type Build = fn(&SetShape, usize) -> Result<Box<dyn ConstraintSet>, SetError>;
/// Builds a set's row form for `n` entries.
#[cfg(feature = "engine")]
pub type BuildRows = fn(&SetShape, usize) -> Result<Box<dyn RowSet>, SetError>;

/// One row of the table of sets: everything menus, URL keys, tests and docs need to know.
#[derive(Clone, Copy)]
pub struct SetEntry {
    /// Stable key: URL, files, text keys (`set.<key>.name`, `set.<key>.note`).
    pub key: &'static str,
    /// Parameters that shape it.
    pub shape: &'static [ShapeParameter],
    /// Where it is defined (author, year).
    pub source: &'static str,
    /// Builds the row form for `n` entries, if the set makes sense on a layer.
    #[cfg(feature = "engine")]
    pub rows: Option<BuildRows>,
    /// Whether it is offered for layers (it then has a row form).
    pub for_layers: bool,
    /// Whether the set exists in Rⁿ: a Birkhoff polytope needs n = m².
    pub supports: fn(n: usize) -> bool,
    /// Whether it is offered on the plane: it exists there and encloses an area.
    pub in_plane: bool,
    /// The radius at which the set in Rⁿ has L2 diameter `diameter` (k is the sparsity).
    pub radius_for_diameter: fn(diameter: f64, n: usize, k: usize) -> f64,
}

impl SetEntry {
    /// Builds the set's slice form in Rⁿ.
    ///
    /// # Errors
    /// What of its shape makes no sense.
    pub fn build(&self, shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
        let build = self.row(BUILDERS).ok_or_else(|| SetError::Unknown(self.key.into()))?;
        build(shape, n)
    }

    /// Builds the set in the plane, if it is offered there. Carries the sets of the plane only, which makes the page of
    /// the plane lighter than one that can build everything.
    ///
    /// # Errors
    /// What of its shape makes no sense; [`SetError::Unknown`] if it is not offered there.
    pub fn build_in_plane(&self, shape: &SetShape) -> Result<Box<dyn ConstraintSet>, SetError> {
        let build = self.row(PLANE_BUILDERS).flatten().ok_or_else(|| SetError::Unknown(self.key.into()))?;
        build(shape, 2)
    }

    /// The oracle's formula (MathML).
    pub fn oracle_formula(&self) -> &'static str {
        self.row(ORACLE_FORMULAS).unwrap_or_default()
    }

    /// The set's defining formula (MathML).
    pub fn set_formula(&self) -> &'static str {
        self.row(SET_FORMULAS).unwrap_or_default()
    }

    /// Whether a layer's oracle is inexact, so that the gap it reports is a lower bound of the true one (text
    /// `set.gap.lower`): both balls of matrix norms stop short of an exact decomposition.
    pub fn gap_is_lower(&self) -> bool {
        [nuclear::ENTRY.key, spectral::ENTRY.key].contains(&self.key)
    }

    /// The set's row of one of the tables beside [`SETS`].
    fn row<T: Copy>(&self, table: &[T]) -> Option<T> {
        let row = SETS.iter().position(|entry| entry.key == self.key)?;
        table.get(row).copied()
    }
}

/// One row a file. What a set is called, how it is written and what it computes are tables apart: a program that reads
/// only one of them does not carry the others.
macro_rules! table {
    ($($set:ident),+ $(,)?) => {
        /// Every constraint set of the lab, in menu order.
        pub static SETS: &[SetEntry] = &[$($set::ENTRY),+];
        static BUILDERS: &[Build] = &[$($set::build),+];
        static PLANE_BUILDERS: &[Option<Build>] = &[$(if $set::ENTRY.in_plane { Some($set::build) } else { None }),+];
        static ORACLE_FORMULAS: &[&str] = &[$($set::ORACLE_FORMULA),+];
        static SET_FORMULAS: &[&str] = &[$($set::SET_FORMULA),+];
    };
}
table![
    l1,
    l2,
    linf,
    lp,
    k_sparse,
    k_norm,
    k_support,
    group_lasso,
    nuclear,
    spectral,
    simplex,
    probability_simplex,
    rectangle,
    permutahedron,
    birkhoff,
    polygon,
];

/// A table of sets as menus, chips, cards and URL keys read it; the lab's own is that of [`SETS`].
#[derive(Clone, Copy)]
pub struct Menu(&'static [SetEntry]);

impl Menu {
    /// The menu of a table.
    pub const fn new(table: &'static [SetEntry]) -> Self {
        Self(table)
    }
    /// Looks a set up by its key.
    ///
    /// # Errors
    /// [`SetError::Unknown`], naming the known keys.
    pub fn parse(self, key: &str) -> Result<SetId, SetError> {
        self.all().find(|set| set.key() == key).ok_or_else(|| SetError::Unknown(key.into()))
    }
    /// All sets, in menu order.
    pub fn all(self) -> impl Iterator<Item = SetId> {
        self.0.iter().map(SetId)
    }
    /// All sets that make sense on a layer.
    pub fn for_layers(self) -> impl Iterator<Item = SetId> {
        self.all().filter(|set| set.0.for_layers)
    }
    /// All sets that enclose an area in the plane.
    pub fn in_plane(self) -> impl Iterator<Item = SetId> {
        self.all().filter(|set| set.0.in_plane)
    }
}

/// The sets of the lab.
static MENU: Menu = Menu::new(SETS);

/// A set named by its key; always one of a [`Menu`].
#[derive(Clone, Copy)]
pub struct SetId(&'static SetEntry);

impl SetId {
    /// Looks a set up by its key.
    ///
    /// # Errors
    /// [`SetError::Unknown`], naming the known keys.
    pub fn parse(key: &str) -> Result<Self, SetError> {
        MENU.parse(key)
    }
    /// The ball of the Euclidean norm: the default everywhere.
    pub fn l2() -> Self {
        Self(&l2::ENTRY)
    }
    /// The ball of the sum norm.
    pub fn l1() -> Self {
        Self(&l1::ENTRY)
    }
    /// The K-sparse polytope.
    pub fn k_sparse() -> Self {
        Self(&k_sparse::ENTRY)
    }
    /// Its row in the table.
    pub fn entry(self) -> &'static SetEntry {
        self.0
    }
    /// Its key.
    pub fn key(self) -> &'static str {
        self.0.key
    }
    /// All sets that make sense on a layer.
    pub fn for_layers() -> impl Iterator<Item = Self> {
        MENU.for_layers()
    }
    /// All sets that enclose an area in the plane, in menu order.
    pub fn in_plane() -> impl Iterator<Item = Self> {
        MENU.in_plane()
    }
    /// All sets, in menu order.
    pub fn all() -> impl Iterator<Item = Self> {
        MENU.all()
    }
}

impl PartialEq for SetId {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}
impl Eq for SetId {}
impl std::fmt::Debug for SetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.key)
    }
}
impl Serialize for SetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.key)
    }
}
impl<'de> Deserialize<'de> for SetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Self::parse(&key).map_err(serde::de::Error::custom)
    }
}

fn known_keys() -> String {
    SETS.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}

/// Checks a radius: finite and positive.
pub(crate) fn checked_radius(radius: f64) -> Result<f64, SetError> {
    if radius.is_finite() && radius > 0.0 {
        Ok(radius)
    } else {
        Err(SetError::Parameter { what: "the radius", range: "a positive number".into(), found: radius })
    }
}

/// Checks the number K of entries that count: 1 ≤ K ≤ n.
pub(crate) fn checked_count(k: usize, n: usize) -> Result<usize, SetError> {
    if (1..=n).contains(&k) {
        Ok(k)
    } else {
        let range = format!("between 1 and the number of entries, {n}");
        Err(SetError::Parameter { what: "the number of non-zeros K", range, found: k as f64 })
    }
}

/// Checks that a set whose entries share one sum has at least two of them; with one it would be a point.
pub(crate) fn checked_entries(n: usize) -> Result<usize, SetError> {
    if n >= 2 {
        Ok(n)
    } else {
        Err(SetError::Parameter { what: "the number of entries", range: "at least 2".into(), found: n as f64 })
    }
}

/// The gauge of a point that misses an equation by `residual`, for sets without interior: 0 on the plane (up to
/// rounding, 10⁻⁹ of `scale`), elsewhere 1 plus the share of `scale`.
pub(crate) fn off_plane(residual: f64, scale: f64) -> f64 {
    let share = residual.abs() / scale;
    if share <= 1e-9 { 0.0 } else { 1.0 + share }
}

/// The smallest λ ∈ [0, `high`] at which `too_small` no longer holds, to the last bit or 2⁻²⁰⁰ of `high`. It must
/// hold below one value and fail above it; if it fails at 0 the answer is 0.
pub(crate) fn bisect(high: f64, too_small: &dyn Fn(f64) -> bool) -> f64 {
    if !too_small(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, high);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if too_small(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The beginning every oracle shares: refuses NaN, and answers `x` itself to an all-zero gradient.
/// Returns whether the oracle is already done.
pub(crate) fn settle_trivial(g: &[f64], x: &[f64], v: &mut [f64]) -> Result<bool, SetError> {
    if g.iter().any(|value| !value.is_finite()) {
        return Err(SetError::NotFinite);
    }
    let zero = g.iter().all(|&value| value == 0.0);
    if zero {
        v.copy_from_slice(x);
    }
    Ok(zero)
}

/// ⟨a, b⟩.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖a‖₂.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
