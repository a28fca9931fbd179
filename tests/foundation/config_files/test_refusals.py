"""A refusal is a validation error whose message is complete."""

from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, ValidationError

from codecorpus.foundation.config_files.refusals import REFUSED, refusal


def _refuse(items: list[int]) -> list[int]:
    raise refusal("item 1 is bad; leave it out", 1, got=items[1])


class Model(BaseModel):
    items: Annotated[list[int], AfterValidator(_refuse)]


def test_a_refusal_keeps_its_message_and_is_located_below_the_validated_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"items": [5, 6]})
    (error,) = caught.value.errors()
    assert error["type"] == REFUSED
    assert error["msg"] == "item 1 is bad; leave it out"
    assert error["loc"] == ("items", 1)
    assert error["input"] == 6
