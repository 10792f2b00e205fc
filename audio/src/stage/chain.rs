//! Stages in a row: what one gives back the next one takes, and the track keeps its length.

use crate::master::report::StageReport;

/// A stage that changes interleaved samples as they go by.
///
/// It may hold frames back, but in total it gives exactly as many as it took, each at the place
/// in time where it was: a stage takes its own delay out.
pub(crate) trait Processor {
    /// Takes the next interleaved samples, of whole frames, and appends what is ready to `out`.
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>);

    /// Ends the track: appends the frames that are still inside.
    fn finish(&mut self, out: &mut Vec<f32>);

    /// What it did, or why it did nothing; after [`finish`](Self::finish).
    fn report(&self) -> StageReport;
}

/// Processors in the order in which the sound passes them.
#[derive(Default)]
pub(crate) struct Chain {
    links: Vec<Link>,
}

struct Link {
    processor: Box<dyn Processor>,
    /// What it gave at the last push: the next link's input.
    given: Vec<f32>,
}

impl Chain {
    /// Puts a processor at the end.
    pub(crate) fn add(&mut self, processor: impl Processor + 'static) {
        self.links.push(Link {
            processor: Box::new(processor),
            given: Vec::new(),
        });
    }

    /// Whether it has no processors, so that samples pass unchanged.
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Takes interleaved samples of whole frames and appends what is ready to `out`.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        pass(&mut self.links, samples, out);
    }

    /// Ends the track, one processor after the other: what each still holds passes the rest.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        let mut rest = self.links.as_mut_slice();
        while let Some((link, after)) = rest.split_first_mut() {
            link.given.clear();
            link.processor.finish(&mut link.given);
            pass(after, &link.given, out);
            rest = after;
        }
    }

    /// What each processor did, in order; after [`finish`](Self::finish).
    pub(crate) fn reports(&self) -> Vec<StageReport> {
        self.links
            .iter()
            .map(|link| link.processor.report())
            .collect()
    }
}

fn pass(links: &mut [Link], samples: &[f32], out: &mut Vec<f32>) {
    match links.split_first_mut() {
        None => out.extend_from_slice(samples),
        Some((link, after)) => {
            link.given.clear();
            link.processor.push(samples, &mut link.given);
            pass(after, &link.given, out);
        }
    }
}

/// Runs a whole signal through a processor in uneven blocks: what the tests of every stage do.
#[cfg(test)]
pub(crate) fn run(processor: &mut dyn Processor, input: &[f32], channels: usize) -> Vec<f32> {
    let mut output = Vec::new();
    let mut from = 0;
    for frames in [1, 777, 4_096, 20_001].into_iter().cycle() {
        if from >= input.len() {
            break;
        }
        let to = (from + frames * channels).min(input.len());
        processor.push(&input[from..to], &mut output);
        from = to;
    }
    processor.finish(&mut output);
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Holds frames back and multiplies.
    struct Late {
        factor: f32,
        held: Vec<f32>,
        most: usize,
    }

    impl Processor for Late {
        fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
            self.held
                .extend(samples.iter().map(|sample| sample * self.factor));
            let ready = self.held.len().saturating_sub(self.most);
            out.extend(self.held.drain(..ready));
        }

        fn finish(&mut self, out: &mut Vec<f32>) {
            out.append(&mut self.held);
        }

        fn report(&self) -> StageReport {
            StageReport {
                stage: format!("times {}", self.factor),
                applied: true,
                summary: String::new(),
                details: json!({}),
            }
        }
    }

    #[test]
    fn processors_that_hold_frames_back_lose_none_in_a_chain() {
        let mut chain = Chain::default();
        for (factor, most) in [(2.0, 10), (3.0, 0), (0.5, 1_000)] {
            let held = Vec::new();
            chain.add(Late { factor, held, most });
        }
        let input: Vec<f32> = (0..5_000_u16).map(f32::from).collect();
        let mut output = Vec::new();
        for block in input.chunks(300) {
            chain.push(block, &mut output);
        }
        chain.finish(&mut output);
        let wanted: Vec<f32> = input.iter().map(|sample| sample * 3.0).collect();
        assert_eq!(output, wanted);
        let names: Vec<String> = chain.reports().into_iter().map(|one| one.stage).collect();
        assert_eq!(names, ["times 2", "times 3", "times 0.5"]);
    }

    #[test]
    fn an_empty_chain_changes_nothing() {
        let mut output = Vec::new();
        let mut chain = Chain::default();
        chain.push(&[0.25, -0.5], &mut output);
        chain.finish(&mut output);
        assert!(chain.is_empty());
        assert_eq!(output, [0.25, -0.5]);
    }
}
