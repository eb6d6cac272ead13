"""Stories: clouds tell facts, and each becomes a puff. One is there from the start, about the carbon of digital life.

Each figure is as its source gives it, rounded to three digits at most; the sentences are ours.
"""

import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q

from clouds.groups import CURATORS, OPERATORS, allow

NAME = "The carbon cost of digital life"
DESCRIPTION = (
    "Everything digital happens somewhere, on a machine that somebody made and something powers. Here is what that "
    "weighs, from next to nothing to more than most of us can picture. Choose any of it, and the cloud takes a breath "
    "to match: ten times the carbon is always the same bit of air more.\n\n"
    "The figures are estimates, each for its own time and place and way of counting, so follow the sources. CO₂e "
    "counts every greenhouse gas as the carbon dioxide that would warm as much."
)


def book(page: int) -> str:
    """A page of the book that most figures are from."""
    return f"Mike Berners-Lee, The Carbon Footprint of Everything (2022), p. {page}"


ARCHIVE = "Matthew Addis, Quantified Carbon Footprint of Long-Term Digital Preservation in the Cloud"
ARCHIVE_LINK = "https://www.dpconline.org/blog/blog-matthew-addis-carbon-footprint"
BERT = "Dodge et al., Measuring the Carbon Intensity of AI in Cloud Instances (2022)"
BERT_LINK = "https://arxiv.org/pdf/2206.05229.pdf"
APPLE = "Apple, product environmental report (2022)"

# Amount, unit, text, source, link; by amount.
FACTS = [
    (0.05, "g", "A junk mail that a filter catches before you ever see it. Next to nothing, each time.", book(17), ""),
    (0.2, "g", "“On my way!” A short e-mail from one phone to another.", book(17), ""),
    (0.4, "g", "The same few words from laptop to laptop. Larger machines, twice the carbon.", book(17), ""),
    (0.6, "g", "One question to a search engine. Whether the answer was any good is not in the figure.", book(20), ""),
    (0.8, "g", "One text message. In this reckoning, it weighs as much as four short e-mails between phones.", book(21), ""),
    (4, "g", "An hour of video call on a small laptop: two faces, and nobody had to travel.", book(27), ""),
    (6.9, "g", "Five minutes of wandering through the web on a phone.", book(20), ""),
    (9.6, "g", "The same five minutes of the web, on a laptop.", book(20), ""),
    (17, "g", "A long e-mail that you sat over for ten minutes. It weighs as much as 85 that say “On my way!”", book(17), ""),
    (20, "g", "An hour at an average laptop, whatever you do there.", book(27), ""),
    (22, "g", "An hour of Wi-Fi in the United Kingdom. Where electricity is made in another way, so is the figure.", book(268), ""),
    (
        55, "g",
        "An hour of streamed music, as a magazine worked it out. Records and their players have a figure of their own.",
        "New Statesman, as archived", "https://perma.cc/WUC9-8VWA",
    ),
    (97, "g", "The hour of video call once more, on a desktop computer with its screen: 24 times the small laptop.", book(27), ""),
    (130, "g", "An hour of play, at a gaming PC with its screen.", book(140), ""),
    (179, "g", "An hour of television, streamed to a 13-inch laptop.", book(47), ""),
    (279, "g", "The same hour of television on a 55-inch LED screen. Invite the neighbours, and share it out.", book(47), ""),
    (2.2, "kg", "A million office documents, kept for a year in a data centre in Finland.", ARCHIVE, ARCHIVE_LINK),
    (5, "kg", "One microprocessor. It weighs two grams itself; the carbon weighs 2,500 times as much.", book(140), ""),
    (
        5.5, "kg", "The same million documents, kept for a year in Germany. Nothing about them has changed but the place.",
        ARCHIVE, ARCHIVE_LINK,
    ),
    (
        7.84, "kg", "A wireless mouse for gamers over its whole life, as its maker declares.", "Logitech, product page",
        "https://www.logitechg.com/en-us/products/gaming-mice/pro-wireless-mouse.910-005270.html",
    ),
    (
        14, "kg", "A day and a half of training BERT, a language model, in the west of the United States.",
        BERT, BERT_LINK,
    ),
    (
        26, "kg", "The same day and a half of training, in the middle of the United States. It is the electricity that differs.",
        BERT, BERT_LINK,
    ),
    (30, "kg", "A Wi-Fi router for a year, all the nights included when nobody asks it anything.", book(50), ""),
    (38, "kg", "A year of everyday e-mail, at 75 a day.", book(18), ""),
    (
        61, "kg", "An iPhone 14 with 128 GB over its whole life, as its maker declares.", APPLE,
        "https://www.apple.com/environment/pdf/products/iphone/iPhone_14_PER_Sept2022.pdf",
    ),
    (76, "kg", "A year of a phone that is used for three and a quarter hours a day.", book(126), ""),
    (
        92, "kg", "An iPad Air with 256 GB over its whole life, as its maker declares.", APPLE,
        "https://www.apple.com/environment/pdf/products/ipad/iPad_Air_PER_March2022.pdf",
    ),
    (
        96, "kg",
        "A year of a phone that is used for ten hours a day. Three times the hours, and only a quarter more: much of its "
        "carbon does not depend on you looking at it.",
        book(126), "",
    ),
    (329, "kg", "A cheap 14-inch laptop, newly bought.", book(140), ""),
    (620, "kg", "A 16-inch laptop with a terabyte of space, newly bought. Nobody has typed a word on it yet.", book(140), ""),
    (
        7.8, "t", "A petabyte, which is a thousand terabytes, kept for a year in a data centre in Germany.",
        ARCHIVE, ARCHIVE_LINK,
    ),
    (
        24.9, "t", "One day of ChatGPT in 2023. This is an outsider's estimate, so take it for a size and not for a figure.",
        "Medium (2023), as archived", "https://perma.cc/ST4J-QAR4",
    ),
    (
        286, "t",
        "Training a language model when a search through very many designs is part of it. It was reported as an extreme, "
        "in 2019; training one model once takes far less.",
        "Envirobites (2019)", "https://envirobites.org/2019/09/10/alexa-whats-your-carbon-footprint/",
    ),
    (
        72, "Mt",
        "All the mining of bitcoin in 2023, the world over. It is estimated from the electricity that such machines need; "
        "nobody has counted them.",
        "Cambridge Bitcoin Electricity Consumption Index (2023)", "https://ccaf.io/cbnsi/cbeci/ghg",
    ),
]  # fmt: skip


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the story."""
    story, fact = (apps.get_model("clouds", name) for name in ("Story", "Fact"))
    made = story.objects.create(name=NAME, description=DESCRIPTION)
    fact.objects.bulk_create(
        fact(story=made, position=place, amount=amount, unit=unit, text=text, source=source, link=link)
        for place, (amount, unit, text, source, link) in enumerate(FACTS)
    )


def permit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Curators make stories, operators see them."""
    allow(apps, CURATORS, dict.fromkeys(("story", "fact"), "view add change delete"))
    allow(apps, OPERATORS, dict.fromkeys(("story", "fact"), "view"))


BAD_AMOUNT = "Give an amount of at least 0, and at most 1,000,000,000,000."
BAD_LINK = "Give a whole link, which begins with https:// or http://, or none."
BAD_SCALE = "The scale rises: from an amount above 0 to a greater one."
UNITS = [
    ("g", "g CO₂e"), ("kg", "kg CO₂e"), ("t", "t CO₂e"), ("Mt", "million t CO₂e"), ("Wh", "Wh of electricity"),
    ("kWh", "kWh of electricity"), ("MWh", "MWh of electricity"), ("l", "litres of water"), ("m3", "m³ of water"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("clouds", "0007_queue")]
    operations = [
        migrations.CreateModel(
            name="Story",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                (
                    "description",
                    models.TextField(
                        blank=True,
                        help_text="Visitors read it before the first fact.",
                        max_length=600,
                        verbose_name="description",
                    ),
                ),
                (
                    "shortest_at",
                    models.FloatField(
                        blank=True,
                        help_text="In g, Wh or litres: this amount and less give a puff of a second. Empty: the least of its facts.",
                        null=True,
                        verbose_name="shortest puff at",
                    ),
                ),
                (
                    "longest_at",
                    models.FloatField(
                        blank=True,
                        help_text="In g, Wh or litres: this amount and more give the longest puff that the cloud gives a visitor. Empty: the greatest of its facts.",
                        null=True,
                        verbose_name="longest puff at",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stories",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        name="a_storys_scale_rises_from_above_zero",
                        condition=(Q(shortest_at__isnull=True) | Q(shortest_at__gt=0))
                        & (Q(longest_at__isnull=True) | Q(longest_at__gt=0))
                        & (
                            Q(shortest_at__isnull=True)
                            | Q(longest_at__isnull=True)
                            | Q(longest_at__gt=F("shortest_at"))
                        ),
                        violation_error_message=BAD_SCALE,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                (
                    "amount",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(0.0, BAD_AMOUNT),
                            django.core.validators.MaxValueValidator(1e12, BAD_AMOUNT),
                        ],
                        verbose_name="amount",
                    ),
                ),
                ("unit", models.CharField(choices=UNITS, default="g", max_length=3, verbose_name="unit")),
                ("text", models.CharField(max_length=300, verbose_name="text")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                (
                    "link",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[
                            django.core.validators.URLValidator(message=BAD_LINK, schemes=["https", "http"])
                        ],
                        verbose_name="link",
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="facts", to="clouds.story"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        name="a_facts_amount_is_within_bounds",
                        condition=Q(amount__gte=0, amount__lte=1e12),
                        violation_error_message=BAD_AMOUNT,
                    ),
                    models.CheckConstraint(
                        name="a_facts_link_is_of_the_web",
                        condition=Q(link="") | Q(link__istartswith="https://") | Q(link__istartswith="http://"),
                        violation_error_message=BAD_LINK,
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="cloud",
            name="story",
            field=models.ForeignKey(
                blank=True,
                help_text="Facts that visitors scroll through, each of which puffs it a little more.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="clouds",
                to="clouds.story",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="fact",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="runs",
                to="clouds.fact",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="told",
            field=models.CharField(
                blank=True,
                help_text="The fact that it told, as it was then: a story may change.",
                max_length=400,
            ),
        ),
        migrations.RunPython(make, migrations.RunPython.noop),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
