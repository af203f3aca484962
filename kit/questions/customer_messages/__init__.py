"""What do customers write? (notebook 11; guide 1: satisfaction; guide 3: tone and language)"""

from kit.questions.customer_messages import customers, messages, own_labels, reasons, tone, topics, voice

__all__ = ["customers", "messages", "own_labels", "reasons", "tone", "topics", "voice"]
