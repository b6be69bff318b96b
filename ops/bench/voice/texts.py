"""What is spoken: three texts of each length, in plain words that are written as they are said."""

from __future__ import annotations

TEXTS: dict[int, tuple[str, ...]] = {
    5: (
        "Your order ships on Tuesday.",
        "What can I do now?",
        "The office opens at nine.",
    ),
    10: (
        "Your appointment is on Tuesday morning, just before nine o'clock.",
        "I have found your account and the payment has arrived.",
        "Please hold the line while I look at your order.",
    ),
    25: (
        "The appointment that you asked about has been moved to the second week of March, because "
        "the doctor is away on leave until the first.",
        "I can send the form to your home address today, or you can fill it in online, whichever "
        "of the two is easier for you.",
        "Your parcel left our warehouse this morning and should reach you by Friday evening, but "
        "the driver will call you before he comes to you.",
    ),
    60: (
        "Thank you for calling, I have looked at your account and I can see that the payment which "
        "you made last week has now arrived, so there is nothing else that you need to do, but if you "
        "would like to change the date on which we take it each month, please tell me which day suits "
        "you best today.",
        "If you want to change your booking, I can do that for you right now, but please remember that "
        "the price may be different, since the train that you chose at first is nearly full, and the "
        "later one has fewer seats at the lower price, so it would be good to decide today, before "
        "they are all gone again.",
        "The doctor has looked at your results and is pleased with them, so you can go on taking the "
        "same medicine as before, once in the morning and once in the evening, and we would like to "
        "see you again in about three months, unless you feel worse, in which case please call us at "
        "once, by day or night.",
    ),
}  # fmt: skip
