//! One plot as SVG: lines and bands over two axes. All plots of the page are made here.
//!
//! Places along both axes are percentages and the shapes are stretched into the same box, so
//! that a plot fits any width while its text keeps its size.

use std::fmt::Write as _;

use super::axis::{Axis, Tick};
use super::text;

/// Units of the shapes' own box across and down: finer than any screen.
const ACROSS: f64 = 6_000.0;
const DOWN: f64 = 1_000.0;
/// Most points of a shape: about one for every pixel and a half of a wide page.
pub(super) const MOST_POINTS: usize = 600;
/// Most characters of a description.
const MOST_WORDS: usize = 600;

/// Something drawn into a plot.
pub(super) struct Mark {
    /// Names in the style sheet, which give it its look.
    pub class: &'static str,
    pub shape: Shape,
}

/// Points rise along the horizontal axis. Those that are not finite leave a gap.
pub(super) enum Shape {
    /// A line through points.
    Line(Vec<(f64, f64)>),
    /// Everything between two values: `(x, one, other)`.
    Band(Vec<(f64, f64, f64)>),
    /// A straight line at one value, with a label at its right end if there is one.
    Level(f64, String),
}

/// One plot.
pub(super) struct Plot<'a> {
    /// Unique on the page; only letters and hyphens.
    pub id: &'static str,
    pub title: &'a str,
    /// What there is to see, for who cannot see it.
    pub description: String,
    pub across: &'a Axis,
    pub up: Axis,
    /// Stands above the vertical axis.
    pub unit: &'static str,
    pub marks: Vec<Mark>,
    /// In pixels.
    pub height: u32,
    /// Whether the horizontal axis is labelled; of plots that share one, only the last is.
    pub labelled: bool,
}

impl Plot<'_> {
    /// The plot in its frame.
    pub(super) fn svg(&self) -> String {
        let Self { id, height, .. } = self;
        let title = text::escape(self.title, MOST_WORDS);
        let description = text::escape(&self.description, MOST_WORDS);
        let labelled = if self.labelled { " labelled" } else { "" };
        let mut svg = format!(
            "<div class=\"plot{labelled}\"><svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             width=\"100%\" height=\"{height}\"><title id=\"{id}-title\">{title}</title>\
             <desc id=\"{id}-desc\">{description}</desc>",
        );
        self.grid(&mut svg);
        let _ = write!(
            svg,
            "<svg class=\"shapes\" viewBox=\"0 0 {ACROSS} {DOWN}\" preserveAspectRatio=\"none\" \
             width=\"100%\" height=\"100%\">"
        );
        for mark in &self.marks {
            let path = self.path(&mark.shape);
            if !path.is_empty() {
                let _ = write!(svg, "<path class=\"{}\" d=\"{path}\"/>", mark.class);
            }
        }
        svg.push_str("</svg>");
        self.labels(&mut svg);
        svg.push_str("</svg></div>\n");
        svg
    }

    fn grid(&self, svg: &mut String) {
        svg.push_str("<g class=\"grid\">");
        for tick in inside(&self.up) {
            let y = percent(1.0 - tick.1);
            let zero = if tick.0.at == 0.0 {
                " class=\"zero\""
            } else {
                ""
            };
            let _ = write!(
                svg,
                "<line x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"{zero}/>"
            );
        }
        for tick in inside(self.across) {
            let x = percent(tick.1);
            let _ = write!(svg, "<line x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"100%\"/>");
        }
        svg.push_str("</g>");
    }

    fn labels(&self, svg: &mut String) {
        svg.push_str("<g class=\"labels\">");
        let _ = write!(
            svg,
            "<text class=\"unit\" x=\"-8\" y=\"-13\">{}</text>",
            text::escape(self.unit, 20)
        );
        for (tick, place) in inside(&self.up) {
            let y = percent(1.0 - place);
            let label = text::escape(&tick.label, 20);
            let _ = write!(
                svg,
                "<text class=\"up\" x=\"-8\" y=\"{y}\" dy=\".33em\">{label}</text>"
            );
        }
        for (tick, place) in inside(self.across).filter(|_| self.labelled) {
            let mut class = "across".to_owned();
            if tick.roomy {
                class.push_str(" roomy");
            }
            if place > 0.97 {
                class.push_str(" last");
            }
            let x = percent(place);
            let label = text::escape(&tick.label, 20);
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{x}\" y=\"100%\" dy=\"1.6em\">{label}</text>"
            );
        }
        for mark in &self.marks {
            if let Shape::Level(at, label) = &mark.shape
                && !label.is_empty()
                && let Some(place) = self.up.place(*at)
            {
                let y = percent(1.0 - place);
                // Near the upper edge the label goes below its line.
                let dy = if place > 0.9 { "1.15em" } else { "-.4em" };
                let label = text::escape(label, 60);
                let _ = write!(
                    svg,
                    "<text class=\"level\" x=\"100%\" dx=\"-4\" y=\"{y}\" dy=\"{dy}\">{label}</text>"
                );
            }
        }
        svg.push_str("</g>");
    }

    fn path(&self, shape: &Shape) -> String {
        let mut path = String::new();
        match shape {
            Shape::Line(points) => {
                for run in points.split(|(x, y)| self.at(*x, *y).is_none()) {
                    trace(&mut path, run.iter().filter_map(|(x, y)| self.at(*x, *y)));
                }
            }
            Shape::Band(points) => {
                let missing = |(x, one, other): &(f64, f64, f64)| {
                    self.at(*x, *one).is_none() || self.at(*x, *other).is_none()
                };
                for run in points.split(missing).filter(|run| !run.is_empty()) {
                    let there = run.iter().filter_map(|(x, one, _)| self.at(*x, *one));
                    let back = run
                        .iter()
                        .rev()
                        .filter_map(|(x, _, other)| self.at(*x, *other));
                    trace(&mut path, there.chain(back));
                    path.push('z');
                }
            }
            Shape::Level(at, _) => {
                let ends = [self.across.from, self.across.to];
                trace(&mut path, ends.iter().filter_map(|x| self.at(*x, *at)));
            }
        }
        path
    }

    /// Whole units of the shapes' box.
    fn at(&self, x: f64, y: f64) -> Option<(i32, i32)> {
        let x = self.across.place(x)? * ACROSS;
        let y = (1.0 - self.up.place(y)?) * DOWN;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a place is within -0.1 and 1.1"
        )]
        Some((x.round() as i32, y.round() as i32))
    }
}

/// Ticks within an axis, with their places.
fn inside(axis: &Axis) -> impl Iterator<Item = (&Tick, f64)> {
    axis.ticks.iter().filter_map(|tick| {
        let place = axis.place(tick.at)?;
        (-0.001..=1.001).contains(&place).then_some((tick, place))
    })
}

fn percent(share: f64) -> String {
    let value = format!("{:.2}", share * 100.0);
    format!("{}%", value.trim_end_matches('0').trim_end_matches('.'))
}

/// Steps from point to point are shorter to write than the points.
fn trace(path: &mut String, points: impl Iterator<Item = (i32, i32)>) {
    let mut before: Option<(i32, i32)> = None;
    for (x, y) in points {
        let _ = match before {
            None => write!(path, "M{x} {y}l"),
            Some((from_x, from_y)) => write!(path, "{} {} ", x - from_x, y - from_y),
        };
        before = Some((x, y));
    }
    // A line of no steps is not a path; a step of nothing ends what there is.
    if before.is_some() {
        path.push_str("0 0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(across: &Axis, marks: Vec<Mark>) -> String {
        Plot {
            id: "test",
            title: "A <title> & more",
            description: "Nothing \"much\".".to_owned(),
            across,
            up: Axis::level(-60.0, 0.0, 6.0),
            unit: "dB",
            marks,
            height: 100,
            labelled: true,
        }
        .svg()
    }

    fn paths(svg: &str) -> Vec<String> {
        let document = roxmltree::Document::parse(svg).unwrap();
        document
            .descendants()
            .filter(|node| node.has_tag_name("path"))
            .map(|node| node.attribute("d").unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_line_runs_from_corner_to_corner() {
        let line = Shape::Line(vec![(0.0, -60.0), (5.0, -30.0), (10.0, 0.0)]);
        let svg = plot(
            &Axis::time(10.0),
            vec![Mark {
                class: "a",
                shape: line,
            }],
        );
        assert_eq!(paths(&svg), ["M0 1000l3000 -500 3000 -500 0 0"]);
    }

    #[test]
    fn a_band_goes_there_and_back_and_a_gap_splits_it() {
        let band = Shape::Band(vec![
            (0.0, -60.0, 0.0),
            (2.0, -60.0, 0.0),
            (4.0, f64::NAN, 0.0),
            (10.0, -60.0, 0.0),
        ]);
        let svg = plot(
            &Axis::time(10.0),
            vec![Mark {
                class: "a",
                shape: band,
            }],
        );
        assert_eq!(
            paths(&svg),
            ["M0 1000l1200 0 0 -1000 -1200 0 0 0zM6000 1000l0 -1000 0 0z"]
        );
    }

    #[test]
    fn what_is_not_a_number_is_never_written() {
        let wild = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1.0e308,
            -1.0e308,
        ];
        let line = wild.iter().map(|value| (*value, *value)).collect();
        let band = wild.iter().map(|value| (1.0, *value, -*value)).collect();
        let mut marks = vec![
            Mark {
                class: "a",
                shape: Shape::Line(line),
            },
            Mark {
                class: "b",
                shape: Shape::Band(band),
            },
        ];
        for value in wild {
            marks.push(Mark {
                class: "c",
                shape: Shape::Level(value, String::new()),
            });
        }
        let svg = plot(&Axis::time(10.0), marks);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        for path in paths(&svg) {
            assert!(path.len() < 200);
        }
    }

    #[test]
    fn the_text_alternative_names_the_plot() {
        let svg = plot(&Axis::frequency(25.0, 20_000.0), Vec::new());
        let document = roxmltree::Document::parse(&svg).unwrap();
        let find = |id: &str| {
            document
                .descendants()
                .find(|node| node.attribute("id") == Some(id))
                .and_then(|node| node.text())
                .unwrap()
        };
        assert_eq!(find("test-title"), "A <title> & more");
        assert_eq!(find("test-desc"), "Nothing \"much\".");
    }
}
