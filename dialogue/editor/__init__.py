"""For who adapts the questionnaire: explain its mistakes, play it, and exchange it as an XLSForm.

XLSForm (a spreadsheet) is how humanitarian organisations write forms, for KoboToolbox and ODK.
What it can't say stands in columns that begin with `backup_`; other programs pass over them.
"""
