//! The figures that a model is looked after by, as an artist gives them.

use jobs::insight::Refusal;
use ml::MlError;
use ml::upkeep::Policy;
use models::registry::Task;
use serde_json::Value;

use super::serving::failed;

/// Those that are given with the usual ones for the rest, if all are within their bounds.
pub fn whole(task: Task, figures: &Value) -> Result<Value, Refusal> {
    let usual = Policy::usual(match task {
        Task::Churn => ml::registry::Task::Churn,
        Task::Forecast => ml::registry::Task::Forecast,
    });
    let mut whole = serde_json::to_value(usual).map_err(failed)?;
    let broken = |field: &str, code, rule: String| Refusal::Broken {
        field: format!("policy.{field}"),
        code,
        rule,
    };
    let Some(given) = figures.as_object() else {
        return Err(Refusal::Broken {
            field: "policy".to_owned(),
            code: "invalid_field",
            rule: "policy must be an object of figures.".to_owned(),
        });
    };
    for (field, value) in given {
        let Some(known) = whole.get_mut(field) else {
            let rule = "There is no such figure.".to_owned();
            return Err(broken(field, "invalid_field", rule));
        };
        if !value.is_number() {
            let rule = format!("{field} must be a number.");
            return Err(broken(field, "invalid_field", rule));
        }
        // One at a time, so that the one of another type is named.
        if let Err(error) =
            serde_json::from_value::<Policy>([(field.clone(), value.clone())].into_iter().collect())
        {
            return Err(broken(field, "invalid_field", format!("{field}: {error}.")));
        }
        known.clone_from(value);
    }
    let policy: Policy = serde_json::from_value(whole).map_err(|error| Refusal::Broken {
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
        for (task, outcomes) in [(Task::Churn, 300), (Task::Forecast, 100)] {
            let policy = whole(task, &json!({ "psi": 0.1 })).unwrap();
            assert_eq!(
                (&policy["psi"], &policy["least_outcomes"]),
                (&json!(0.1), &json!(outcomes))
            );
            assert_eq!(whole(task, &json!({})).unwrap()["psi"], json!(0.25));
        }
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
            }) = whole(Task::Churn, &given)
            else {
                panic!("{given} was taken");
            };
            assert_eq!((found.as_str(), how), (field, code), "{given}");
            assert!(rule.ends_with('.'), "{rule}");
        }
    }
}
