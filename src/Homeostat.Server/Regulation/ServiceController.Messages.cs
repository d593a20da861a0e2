using System.Globalization;
using Homeostat.Core.Activation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Events;

namespace Homeostat.Server.Regulation;

/// <summary>Takes in what others tell: results of commands, lists of the driver, revisions, wishes.</summary>
internal sealed partial class ServiceController
{
    /// <summary>Connect failures in a row after which an instance that runs is given up.</summary>
    private const int ConnectFailuresMax = 5;

    private void Handle(ControllerMessage message)
    {
        switch (message)
        {
            case ControllerMessage.CommandEnded ended:
                TakeResult(ended);
                break;
            case ControllerMessage.Listed listed:
                TakeList(listed);
                break;
            case ControllerMessage.Applied applied:
                TakeRevision(applied);
                break;
            case ControllerMessage.Ended ended:
                (_mode, _ended) = (ended.Mode, ended.Done);
                break;
            case ControllerMessage.Wished wished:
                _wishAnswer?.TrySetResult(new Failure(FailureKind.Superseded, "another request by an operator took its place"));
                (_wish, _wishAnswer) = (new Wish(++_wishes, wished.Kind, wished.To, _context.Clock.Now), wished.Answer);
                break;
            case ControllerMessage.Suspected suspected:
                Suspect(suspected);
                break;
        }
    }

    private void TakeRevision(ControllerMessage.Applied applied)
    {
        (_revision, _mode) = (applied.Revision, RegulatorMode.Serve);
        Upstream.SetLimits(GateLimits.For(applied.Revision.Spec));
        if (applied.Prepared)
        {
            _prepared.Add(applied.Revision.Id);
        }
    }

    private void TakeResult(ControllerMessage.CommandEnded ended)
    {
        _results.Add(new CommandResult(ended.Command, ended.Failure));
        switch (ended.Command)
        {
            case RegulatorCommand.Prepare prepare:
                _preparing = null;
                if (ended.Failure is null)
                {
                    _prepared.Add(prepare.Revision);
                }

                break;
            case RegulatorCommand.MakeTemplate make:
                _makingTemplate = null;
                var status = _context.Driver.Describe(make.Revision);
                Tell(status?.Template == TemplateState.Ready ? "template.ready" : "template.refused", null, $"{make.Revision}: {status?.Reason?.Message ?? "the template image is ready"}");
                break;
            case RegulatorCommand.Forget forget:
                _forgetting--;
                if (ended.Failure is not null)
                {
                    _prepared.Add(forget.Revision);
                }

                break;
            default:
                if (ended.Command.About is { } id && _instances.TryGetValue(id, out var instance) && instance.OperationNumber == ended.Operation)
                {
                    TakeInstanceResult(ended, instance);
                }

                break;
        }
    }

    private void TakeInstanceResult(ControllerMessage.CommandEnded ended, InstanceState instance)
    {
        instance.Operation = null;
        instance.Cancel?.Dispose();
        instance.Cancel = null;
        Changed(instance);
        if (instance.EndUnread)
        {
            instance.EndUnread = false;
            _context.AskForList();
        }

        switch (ended.Command)
        {
            case RegulatorCommand.Start or RegulatorCommand.Wake when ended.Ready is { } ready:
                TakeReady(instance, ready, ended.Took);
                break;
            case RegulatorCommand.Start start:
                _context.Counters.Wake(start.Way == StartWay.Cold ? WakeWay.Cold : WakeWay.Restored, ended.Failure!.Kind.ToString(), ended.Took);
                Remove(instance);
                break;
            case RegulatorCommand.Wake wake:
                _context.Counters.Wake(wake.From == Tier.Image ? WakeWay.Restored : WakeWay.Frozen, ended.Failure!.Kind.ToString(), ended.Took);
                if (wake.From == Tier.Image)
                {
                    // The image was consumed by the attempt.
                    Remove(instance);
                }

                _context.AskForList();
                break;
            case RegulatorCommand.Sleep sleep when ended.Failure is null:
                instance.Observed = (ended.Seen ?? instance.Observed) with { Tier = sleep.To };
                Tell("instance.slept", instance.Observed.Id, $"{sleep.To} in {ended.Took.TotalMilliseconds:0.#} ms");
                break;
            case RegulatorCommand.Sleep:
                Reseat(instance);
                _context.AskForList();
                break;
            case RegulatorCommand.Stop when ended.Failure is null:
                Remove(instance);
                Tell("instance.stopped", instance.Observed.Id, "stopped and removed");
                break;
            default:
                _context.AskForList();
                break;
        }
    }

    private void TakeReady(InstanceState instance, StartReport ready, TimeSpan took)
    {
        var (observed, way, before) = (ready.Instance, ready.Way, instance.View());
        instance.Observed = observed with { Tier = Tier.Running };
        instance.ReadyAt = _context.Clock.Now;
        if (way == WakeWay.Frozen && instance.Seat is { } seat)
        {
            // The same process at the same address: its connections are still good.
            (seat.Way, seat.Took, seat.ReadyAt) = (way, took, _context.Clock.Now);
            seat.Open();
        }
        else
        {
            if (way == WakeWay.Restored && before.Tier == Tier.Image)
            {
                // A thawed one keeps its seat, which counts the pause itself.
                _meter.Pauses.Add(_context.Clock.Now - took - before.IdleSince);
            }

            instance.Unseat();
            instance.Upstream = Seated(observed.Id, way, took);
        }

        if (way != WakeWay.Running)
        {
            Upstream.History.Add(way, took);
            _meter.Started(way, took);
            _context.Counters.Wake(way, "ready", took);
        }

        Tell(way is WakeWay.Cold ? "instance.ready" : "instance.woken", observed.Id, $"{way} in {took.TotalMilliseconds:0.#} ms", PhasesOf(ready));
    }

    /// <summary>Where the time went, in milliseconds, as the driver saw it.</summary>
    private static Dictionary<string, string> PhasesOf(StartReport ready) =>
        ready.Phases.DistinctBy(phase => phase.Key).ToDictionary(phase => phase.Key, phase => phase.Value.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture));

    /// <summary>A sleep that failed: it runs on, if it ran.</summary>
    private void Reseat(InstanceState instance)
    {
        if (instance.Observed.Tier != Tier.Running)
        {
            return;
        }

        if (instance.Seat is { } seat)
        {
            seat.Open();
        }
        else
        {
            instance.Upstream = Seated(instance.Observed.Id, WakeWay.Running, TimeSpan.Zero);
        }
    }

    private void TakeList(ControllerMessage.Listed listed)
    {
        var seen = new HashSet<InstanceId>();
        foreach (var observed in listed.Instances)
        {
            seen.Add(observed.Id);
            if (!_instances.TryGetValue(observed.Id, out var known))
            {
                if (listed.Began > _removedAt)
                {
                    Adopt(observed);
                }
            }
            else if (known.Operation is null && known.ChangedAt < listed.Began)
            {
                TakeObserved(known, observed);
            }
            else if (observed.Exit is not null && known.Observed.Exit is null)
            {
                // Too old to be believed, and perhaps the last word for half a minute: it ended right after, or in the middle of, what was done to it.
                AskOnceFree(known);
            }
        }

        foreach (var gone in _instances.Values.Where(i => i.Operation is null && i.ChangedAt < listed.Began && !seen.Contains(i.Observed.Id)).ToList())
        {
            Tell("instance.ended", gone.Observed.Id, "the driver does not know it any more");
            Remove(gone);
        }
    }

    private void AskOnceFree(InstanceState instance)
    {
        if (instance.Operation is null)
        {
            _context.AskForList();
        }
        else
        {
            instance.EndUnread = true;
        }
    }

    private void TakeObserved(InstanceState known, ObservedInstance observed)
    {
        if (observed.Exit is { } exit && known.Observed.Exit is null)
        {
            Tell("instance.ended", observed.Id, $"{exit}; {exit.RemedyFor(_revision.Id.Service)}");
            // Whoever had a request there is told why it was lost.
            known.Upstream?.Ended.TrySetResult(exit);
        }

        known.Observed = observed;
        Changed(known);
        if (observed.Tier != Tier.Running || observed.Exit is not null)
        {
            if (observed.Tier is not (Tier.Frozen or Tier.PagedOut))
            {
                known.Unseat();
            }
        }
        else if (known.Seat is null)
        {
            known.Upstream = Seated(observed.Id, WakeWay.Running, TimeSpan.Zero);
            known.ReadyAt ??= _context.Clock.Now;
        }
        else if (known.Seat.IsClosed && known.DrainingSince is null)
        {
            GiveAnotherChance(known);
        }
    }

    /// <summary>Closed on suspicion, and the driver says it runs: it is used again, unless connections failed too often in a row.</summary>
    private void GiveAnotherChance(InstanceState known)
    {
        if (known.Seat!.ConnectFailures < ConnectFailuresMax)
        {
            known.Seat.Open();
            return;
        }

        Tell("instance.ended", known.Observed.Id, $"{known.Seat.ConnectFailures} connections in a row failed: it is replaced");
        known.Unseat();
        known.Observed = known.Observed with { Tier = Tier.Stopped };
    }

    /// <summary>An instance nobody here started: an earlier run of the platform did. Its idle time counts from now.</summary>
    private void Adopt(ObservedInstance observed)
    {
        var instance = new InstanceState(observed, _context.Clock.Now);
        _instances.Add(observed.Id, instance);
        if (observed is { Tier: Tier.Running, Exit: null })
        {
            instance.ReadyAt = _context.Clock.Now;
            instance.Upstream = Seated(observed.Id, WakeWay.Running, TimeSpan.Zero);
        }

        Changed(instance);
        Tell("instance.adopted", observed.Id, $"{observed.Tier}, {observed.Revision}");
    }

    private void Suspect(ControllerMessage.Suspected suspected)
    {
        if (_instances.TryGetValue(suspected.Instance.Id, out var instance) && ReferenceEquals(instance.Upstream, suspected.Instance))
        {
            Changed(instance);
            _context.AskForList();
        }
    }

    private void Remove(InstanceState instance)
    {
        instance.Unseat();
        _instances.Remove(instance.Observed.Id);
        _removedAt = _context.NextStamp();
    }

    private void Tell(string type, InstanceId? instance, string text, IReadOnlyDictionary<string, string>? data = null) =>
        _untold.Enqueue(new PlatformEvent(type, _revision.Id.Service, instance, text, data));
}
