"""Model families by what their models can do, for tests that hold for a part of them."""

from collab.models import DEFAULT_PRESET, MODELS, build_model


def without(trait):
    """The names of the families whose models lack "factors", "biases" or "descriptions", in the catalogue's order."""
    models = {name: build_model(name, family.presets[DEFAULT_PRESET], 2, 2) for name, family in MODELS.items()}
    return tuple(name for name, model in models.items() if not getattr(model, f"has_{trait}", False))
