"""Guest passes, how names look, words that are not wanted, and how often something was tried."""

import clouds.models.user
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clouds import groups, names

CURATORS = {"guestpass": "view add change", "blockedword": "view add change delete", "user": "view moderate"}
OPERATORS = {"guestpass": "view add change", "blockedword": "view add change delete", "user": "moderate"}


def look(apps, schema_editor):
    # Of names that look alike already, the oldest has the look, and the others none until they are changed.
    user, taken = apps.get_model("clouds", "User"), set()
    for one in user.objects.order_by("pk").iterator():
        if (seen := names.look_of(one.name)) not in taken:
            taken.add(seen)
            user.objects.filter(pk=one.pk).update(look=seen)


def allow(apps, schema_editor):
    groups.allow(apps, groups.CURATORS, CURATORS)
    groups.allow(apps, groups.OPERATORS, OPERATORS)


class Migration(migrations.Migration):

    dependencies = [
        ('clouds', '0009_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='BlockedWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=40)),
                ('folded', models.CharField(editable=False, max_length=120, unique=True)),
                ('inside', models.BooleanField(default=True, help_text='Untick it for a short word that harmless names contain.', verbose_name='also inside other words')),
            ],
            options={
                'ordering': ['word'],
            },
        ),
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('count', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField(db_index=True)),
                ('until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name='user',
            options={'ordering': ['name'], 'permissions': [('moderate_user', 'Can replace the name of a visitor')]},
        ),
        migrations.AddField(
            model_name='user',
            name='entry',
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='user',
            name='look',
            field=models.CharField(blank=True, editable=False, max_length=120, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='user',
            name='notice',
            field=models.CharField(blank=True, editable=False, help_text='What they are told about their name, until they have read it.', max_length=200),
        ),
        migrations.AddField(
            model_name='user',
            name='share',
            field=models.CharField(blank=True, editable=False, max_length=43, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='act',
            name='kind',
            field=models.CharField(choices=[('stop', 'stopped everything'), ('release', 'released'), ('hold', 'held'), ('end_hold', 'ended a hold'), ('play', 'ran something now'), ('replace', 'replaced what played'), ('end', 'ended a run'), ('pause', 'paused a run'), ('resume', 'resumed a run'), ('skip', 'skipped a step'), ('note', 'noted a fill'), ('wish', 'asked something of a plug'), ('show', 'changed a show'), ('rehearse', 'rehearsed'), ('pass', 'changed a guest pass'), ('rename', 'replaced a name')], max_length=8, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='act',
            name='venue',
            field=models.ForeignKey(help_text='Empty: it was about no venue.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='clouds.venue'),
        ),
        migrations.CreateModel(
            name='GuestPass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('cloud', 'whoever stands before a cloud'), ('event', 'whoever comes to an event'), ('person', 'one person')], default='cloud', max_length=8, verbose_name='for')),
                ('label', models.CharField(blank=True, help_text='The event, such as Opening night. It stands on the sheet.', max_length=80)),
                ('person', models.CharField(blank=True, help_text="The person's name. It is filled in for them.", max_length=40, validators=[clouds.models.user.validate_name])),
                ('valid_from', models.DateTimeField(blank=True, help_text='Empty: at once.', null=True)),
                ('valid_until', models.DateTimeField(blank=True, help_text='Empty: until it is revoked.', null=True)),
                ('most_uses', models.PositiveIntegerField(blank=True, help_text='How many people it lets in. Empty: any number.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='number of uses')),
                ('uses', models.PositiveIntegerField(default=0, editable=False, verbose_name='used')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('cloud', models.ForeignKey(blank=True, help_text='Where it leads. Empty: to all clouds of the venue.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passes', to='clouds.cloud')),
                ('made_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passes', to='clouds.venue')),
            ],
            options={
                'verbose_name': 'guest pass',
                'verbose_name_plural': 'guest passes',
                'ordering': ['-made_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='a_pass_ends_after_it_begins', violation_error_message='A pass ends after it begins.'), models.CheckConstraint(condition=models.Q(('most_uses', None), models.Q(('most_uses__gte', 1), ('uses__lte', models.F('most_uses'))), _connector='OR'), name='a_pass_lets_in_no_more_than_it_may', violation_error_message='It has let in more people than that already.'), models.CheckConstraint(condition=models.Q(models.Q(('cloud__isnull', False), ('kind', 'cloud')), models.Q(('kind', 'event'), ('valid_until__isnull', False), models.Q(('label', ''), _negated=True)), models.Q(('kind', 'person'), models.Q(('person', ''), _negated=True)), _connector='OR'), name='a_pass_is_for_a_cloud_an_event_or_a_person', violation_error_message='A pass for a cloud has a cloud, one for an event a label and an end, one for a person a name.')],
            },
        ),
        migrations.RunPython(look, migrations.RunPython.noop),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
