"""Names for ids, so that one kind can't be passed for another."""

from typing import NewType
from uuid import UUID

CaseId = NewType("CaseId", UUID)
ProfessionalId = NewType("ProfessionalId", UUID)
RecordId = NewType("RecordId", int)
