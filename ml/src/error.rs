//! Everything that can go wrong between data and an answer.

/// The one error of this crate. Every variant has a stable [`code`](MlError::code).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlError {
    /// A line of the input breaks a rule.
    #[error("line {line}, {field}: {rule}")]
    Line {
        /// The line, counted from 1.
        line: u64,
        /// The field or column in it.
        field: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// The data as a whole cannot be used.
    #[error("the data cannot be used: {0}")]
    Data(String),
    /// There is too little data: what, how much is needed, and how much is there.
    #[error("there is too little data: {needed} {what} are needed, and there are {there}")]
    TooLittle {
        /// What there is too little of.
        what: String,
        /// How much is needed.
        needed: usize,
        /// How much is there.
        there: usize,
    },
    /// A setting is outside its range, or two contradict each other.
    #[error("{field}: {rule}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// The rule that it breaks.
        rule: String,
    },
    /// The bytes are not a model file, or one that was damaged.
    #[error("the model file is damaged: {0}")]
    ModelDamaged(String),
    /// The file is longer, or holds more, than the limits take.
    #[error("the model file is too large: {0}")]
    ModelTooLarge(String),
    /// The graph uses what is not on the list of operators that are run here.
    #[error("the model cannot be run here: {0}")]
    ModelUnsupported(String),
    /// The file is sound, but not a model for this task.
    #[error("the model is for something else: {0}")]
    ModelMismatch(String),
    /// The version is another tenant's, or of another model. Whose it is, is not told.
    #[error("the model is not the one of the tenant that asked for it")]
    ModelTenant,
    /// The weights have not the form that their metadata say.
    #[error("the model's weights are not those of its metadata: {0}")]
    ModelSchema(String),
    /// The weights answer otherwise than when they were made.
    #[error("the model does not answer as it did when it was made: {0}")]
    ModelGolden(String),
    /// The runtime could not be opened.
    #[error("the model runtime cannot be used: {0}")]
    Runtime(String),
    /// The runtime refused a model or failed while it ran one.
    #[error("the model failed to run: {0}")]
    Run(String),
    /// A process that tried a file died of it.
    #[error("the model ends the process that runs it: {0}")]
    ModelAborts(String),
    /// A process that tried a file took longer than it may.
    #[error("the model takes too long: {0}")]
    ModelTooSlow(String),
    /// [`Control::cancelled`](crate::Control::cancelled) said so.
    #[error("the work was cancelled")]
    Cancelled,
    /// Reading or writing failed.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
}

impl MlError {
    /// A stable name for programs: it never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Line { .. } => "bad_line",
            Self::Data(_) => "bad_data",
            Self::TooLittle { .. } => "not_enough_data",
            Self::Setting { .. } => "bad_setting",
            Self::ModelDamaged(_) => "model_damaged",
            Self::ModelTooLarge(_) => "model_too_large",
            Self::ModelUnsupported(_) => "model_unsupported",
            Self::ModelMismatch(_) => "model_mismatch",
            Self::ModelTenant => "model_wrong_tenant",
            Self::ModelSchema(_) => "model_wrong_schema",
            Self::ModelGolden(_) => "model_wrong_answers",
            Self::Runtime(_) => "runtime_unavailable",
            Self::Run(_) => "model_run_failed",
            Self::ModelAborts(_) => "model_aborts",
            Self::ModelTooSlow(_) => "model_too_slow",
            Self::Cancelled => "cancelled",
            Self::Io(_) => "io",
        }
    }

    /// A fault of one line of the input.
    pub fn line(line: u64, field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Line {
            line,
            field: field.into(),
            rule: rule.into(),
        }
    }
}

/// What functions of this crate return.
pub type Result<T> = std::result::Result<T, MlError>;
