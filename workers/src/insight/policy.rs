//! The figures that a model is looked after by, as an artist gives them.

use jobs::insight::Refusal;
use ml::MlError;
use ml::upkeep::Policy;
use serde_json::Value;

use super::serving::failed;

/// Those that are given with the usual ones for the rest, if all are within their bounds.
pub fn whole(figures: Value) -> Result<Value, Refusal> {
    let known = serde_json::to_value(Policy::default()).map_err(failed)?;
    let broken = |field: &str, code, rule: String| Refusal::Broken {
        field: format!("policy.{field}"),
        code,
        rule,
    };
    if !figures.is_object() {
        return Err(Refusal::Broken {
            field: "policy".to_owned(),
            code: "invalid_field",
            rule: "policy must be an object of figures.".to_owned(),
        });
    }
    if let Some(given) = figures.as_object() {
        for (field, value) in given {
            if known.get(field).is_none() {
                let rule = "There is no such figure.".to_owned();
                return Err(broken(field, "invalid_field", rule));
            }
            if !value.is_number() {
                let rule = format!("{field} must be a number.");
                return Err(broken(field, "invalid_field", rule));
            }
            // One at a time, so that the one of another type is named.
            if let Err(error) = serde_json::from_value::<Policy>(
                [(field.clone(), value.clone())].into_iter().collect(),
            ) {
                return Err(broken(field, "invalid_field", format!("{field}: {error}.")));
            }
        }
    }
    let policy: Policy = serde_json::from_value(figures).map_err(|error| Refusal::Broken {
        field: "policy".to_owned(),
        code: "invalid_field",
        rule: format!("{error}."),
    })?;
    policy.check().map_err(|error| match error {
        MlError::Setting { field, rule } => {
            broken(field, "out_of_range", format!("{field} {rule}."))
        }
        other => Refusal::Internal(other.to_string()),
    })?;
    serde_json::to_value(policy).map_err(failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_given_is_as_usual() {
        let policy = whole(json!({ "psi": 0.1 })).unwrap();
        assert_eq!(
            (&policy["psi"], &policy["least_rows"]),
            (&json!(0.1), &json!(200))
        );
        assert_eq!(whole(json!({})).unwrap()["psi"], json!(0.25));
    }

    #[test]
    fn a_figure_out_of_bounds_is_named_with_its_rule() {
        for (given, field, code) in [
            (json!({ "psi": 9 }), "policy.psi", "out_of_range"),
            (json!({ "pst": 0.1 }), "policy.pst", "invalid_field"),
            (json!({ "tie": "no" }), "policy.tie", "invalid_field"),
            (
                json!({ "least_rows": 1.5 }),
                "policy.least_rows",
                "invalid_field",
            ),
            (
                json!({ "least_rows": -4 }),
                "policy.least_rows",
                "invalid_field",
            ),
            (json!([]), "policy", "invalid_field"),
        ] {
            let Err(Refusal::Broken {
                field: found,
                code: how,
                rule,
            }) = whole(given.clone())
            else {
                panic!("{given} was taken");
            };
            assert_eq!((found.as_str(), how), (field, code), "{given}");
            assert!(rule.ends_with('.'), "{rule}");
        }
    }
}
