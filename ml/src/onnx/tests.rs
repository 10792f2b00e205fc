//! What is written is read back, and what was changed is refused.

use super::*;
use crate::MlError;

fn small() -> Model {
    let mut to = Builder::new("small");
    let x = to.input("x", &[3]);
    let weights = to.floats(&[3, 2], vec![1.0, -2.0, 0.5, 0.25, 3.0, -1.0]);
    let product = to.op("MatMul", &[&x, &weights]);
    let positive = to.op("Relu", &[&product]);
    let axes = to.ints(&[1], vec![1]);
    let sum = to.op_with(
        "ReduceSum",
        &[&positive, &axes],
        &[("keepdims", Attribute::Int(1))],
    );
    let all = [("perm", Attribute::Ints(vec![0, 1]))];
    let sum = to.op_with("Transpose", &[&sum], &all);
    to.output("y", &sum, &[1]);
    to.metadata("task", "test");
    to.finish()
}

#[test]
fn a_written_model_is_read_back() {
    let bytes = encode(&small());
    let mut back = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(back.metadata.remove(DIGEST).unwrap().len(), 64);
    assert_eq!(back, small());
    assert_eq!(encode(&back), bytes);
}

#[test]
fn any_changed_byte_is_noticed() {
    let bytes = encode(&small());
    for at in 0..bytes.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut wrong = bytes.clone();
            wrong[at] ^= flip;
            let refused = read(&wrong, &Limits::default()).expect_err("a changed byte");
            assert!(refused.code().starts_with("model_"), "{at}: {refused}");
        }
        assert!(
            read(&bytes[..at], &Limits::default()).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn operators_off_the_list_are_refused() {
    for (op, domain) in [
        ("Loop", ""),
        ("Relu", "com.example"),
        ("TreeEnsembleRegressor", "ai.onnx.ml"),
    ] {
        let mut model = small();
        model.nodes[1].op = op.to_owned();
        model.nodes[1].domain = domain.to_owned();
        let refused = read(&encode(&model), &Limits::default()).expect_err(op);
        assert!(matches!(refused, MlError::ModelUnsupported(_)), "{refused}");
    }
}

#[test]
fn an_unnamed_batch_dimension_is_refused() {
    for first in [
        Dim::Size(4),
        Dim::Named(String::new()),
        Dim::Named("M".to_owned()),
    ] {
        let mut model = small();
        model.inputs[0].shape[0] = first;
        let refused = read(&encode(&model), &Limits::default()).expect_err("another dimension");
        assert!(matches!(refused, MlError::ModelUnsupported(_)), "{refused}");
    }
}

#[test]
fn graphs_that_contradict_themselves_are_refused() {
    let changes: [fn(&mut Model); 5] = [
        |model| model.tensors[0].shape[0] = 4,
        |model| model.nodes.swap(0, 1),
        |model| model.nodes[1].outputs[0] = "x".to_owned(),
        |model| model.outputs[0].name = "z".to_owned(),
        |model| model.outputs.clear(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut model = small();
        change(&mut model);
        let refused = read(&encode(&model), &Limits::default());
        let refused = refused
            .err()
            .unwrap_or_else(|| panic!("change {at} passed"));
        assert_eq!(refused.code(), "model_damaged", "{at}");
    }
}

#[test]
fn files_beyond_the_limits_are_refused() {
    let bytes = encode(&small());
    let most = Limits::default();
    for limits in [
        Limits { bytes: 100, ..most },
        Limits { nodes: 2, ..most },
        Limits { tensors: 1, ..most },
        Limits { ports: 1, ..most },
    ] {
        let refused = read(&bytes, &limits).expect_err("too large");
        assert_eq!(refused.code(), "model_too_large");
    }
}

#[test]
fn a_sound_file_of_others_is_read_without_a_digest() {
    let model = small();
    let bytes = super::encode::write(&model);
    assert_eq!(read_foreign(&bytes, &Limits::default()).unwrap(), model);
    assert_eq!(
        read(&bytes, &Limits::default())
            .expect_err("no digest")
            .code(),
        "model_damaged"
    );
}
