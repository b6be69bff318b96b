"""OpenAI's HTTP API for the pieces of a conversation: transcriptions, speech, chat completions, models.

Any name of a model is taken, as clients ask for OpenAI's: the installation chooses what answers. Fields that
are not known, or change nothing here, are ignored.
"""
