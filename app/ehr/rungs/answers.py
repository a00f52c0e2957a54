"""The rung of answers: a save as a QuestionnaireResponse to our own Questionnaire."""

from __future__ import annotations

from typing import Any

from app.ehr.gateway import Gateway
from app.ehr.reads import ChartRead
from app.ehr.rungs.carrier import Carrier, Content
from mappings.filed_answers import filed_answers
from mappings.rung import Rung
from mappings.write_ladder import CARRIERS


class AnswersRung(Carrier):
    """eClinicalWorks and athenaOne create nothing else; Canvas holds so what it takes in no record."""

    rung = Rung.QUESTIONNAIRE_RESPONSE
    kind = CARRIERS[rung]
    reads = ChartRead(kind)

    def made(self, gateway: Gateway, content: Content) -> dict[str, Any]:
        """The answers that hold these records. Raises NotForABlock where they could not be read back exactly."""
        return filed_answers(
            content.records,
            author=content.form.author,
            form_id=content.form.id,
            number=content.number,
            replaces=content.replaces,
        )
