"""Stories: their facts in order, and the clouds that tell them."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds.admin.base import Lines, OnlyItsFields
from clouds.forms import LineForm
from clouds.models import Cloud, Fact, Story
from clouds.models.story import IN_BASE, MOST_FACTS

if TYPE_CHECKING:
    FormSet = BaseInlineFormSet[Any, Any, Any]
    ModelForm = forms.ModelForm[Story]
else:
    FormSet, ModelForm = BaseInlineFormSet, forms.ModelForm


class StoryForm(ModelForm):
    """A story, and which clouds tell it."""

    told_by = forms.ModelMultipleChoiceField(
        Cloud.objects.all(),
        label=gettext_lazy("Told by"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A cloud tells one story; one that tells another leaves it for this one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["told_by"] = list(self.instance.clouds.all())

    def clean(self) -> dict[str, Any]:
        """See that the scale rises, and say at which of its ends it doesn't."""
        said = super().clean() or self.cleaned_data
        low, high = said.get("shortest_at"), said.get("longest_at")
        for name, end in (("shortest_at", low), ("longest_at", high)):
            if end is not None and end <= 0:
                self.add_error(name, _("Give an amount above 0, or none."))
        if not self.errors and low is not None and high is not None and high <= low:
            self.add_error("longest_at", _("Give a greater amount than that of the shortest puff."))
        return said


class FactFormSet(FormSet):
    """All the facts together: that there is one, and that their amounts can be held against each other."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """With a name for the tick that deletes a line: its column's heading is far away."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this fact")

    def clean(self) -> None:
        """Raise ValidationError without any fact, and mark those of another kind than the first."""
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not kept:
            raise ValidationError(_("Give at least one fact."))
        base = IN_BASE[kept[0].cleaned_data["unit"]][0]
        for form in kept:
            if IN_BASE[form.cleaned_data["unit"]][0] is not base:
                form.add_error(
                    "unit", _("The facts of a story are of one kind: all carbon, all electricity or all water.")
                )


class FactLines(Lines):
    """The facts, in their order."""

    model = Fact
    form = LineForm
    formset = FactFormSet
    fields = ["position", "amount", "unit", "text", "source", "link"]
    extra = 2
    max_num = MOST_FACTS
    classes = ["in-order"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With room for a sentence."""
        if db_field.name == "text":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "cols": 40})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Story)
class StoryAdmin(OnlyItsFields):
    """A story."""

    form = StoryForm
    list_display = ["name", "told_by", "length"]
    search_fields = ["name", "description"]
    inlines = [FactLines]
    fields = ["name", "description", "told_by", "shortest_at", "longest_at"]

    class Media:
        js = ["clouds/order.js"]

    @admin.display(description=gettext_lazy("told by"))
    def told_by(self, story: Story) -> str:
        """The clouds that tell it."""
        return ", ".join(cloud.name for cloud in story.clouds.all()) or "–"

    @admin.display(description=gettext_lazy("facts"))
    def length(self, story: Story) -> int:
        """How many facts it has."""
        return story.facts.count()

    def view_on_site(self, story: Story) -> str | None:
        """As visitors see it, at the first cloud that tells it."""
        cloud = story.clouds.filter(enabled=True).first()
        return reverse("story", args=[cloud.slug]) if cloud else None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """And the clouds, of which nothing else is written: the conductor writes into the same rows meanwhile."""
        super().save_related(request, form, formsets, change)
        story, chosen = form.instance, form.cleaned_data["told_by"]
        story.clouds.exclude(pk__in=chosen).update(story=None)
        chosen.exclude(story=story).update(story=story)
