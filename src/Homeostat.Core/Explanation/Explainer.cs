using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Explanation;

/// <summary>Answers to what people ask about a service.</summary>
public sealed record ServiceExplanation(ServiceName Service, DateTimeOffset At, IReadOnlyList<ExplainedQuestion> Answers, IReadOnlyList<Decision> Decisions);

public sealed record ExplainedQuestion(string Question, string Answer);

/// <summary>
/// Composes answers from recorded decisions and the state of the moment; guesses nothing. Why is it running, who woke it, why has it not gone to sleep, what
/// did the last request wait for.
/// </summary>
public static class Explainer
{
    public static ServiceExplanation Explain(ServiceSnapshot service) => new(
        service.Revision.Id.Service,
        service.At,
        [
            new("Why is it running?", WhyRunning(service)),
            new("Who woke it?", WhoWoke(service)),
            new("Why has it not gone to sleep?", WhyAwake(service)),
            new("What did the last request wait for?", WhatWaited(service)),
            new("What is it sized for?", LoadExplainer.Size(service)),
            new("What is foreseen?", LoadExplainer.Ahead(service)),
        ],
        service.Decisions);

    private static string WhyRunning(ServiceSnapshot service)
    {
        var running = service.Instances.Where(i => i.View.Tier == Tier.Running).ToList();
        if (running.Count == 0)
        {
            return $"It is not running. {WhyNotRunning(service)}";
        }

        var inFlight = running.Sum(i => i.View.InFlight);
        var (min, idle) = (service.Revision.Spec.Scale.Min, service.Revision.Spec.Idle);
        var count = running.Count == 1 ? "1 instance runs" : $"{running.Count} instances run";
        return inFlight > 0 ? $"{count}: {inFlight} requests or streams are in flight."
            : min > 0 ? $"{count}: scale.min is {min}."
            : $"{count}: the last work ended {Seconds(service.At - running.Max(i => i.View.IdleSince))} ago, it is frozen after {Seconds(service.Load.Ladder?.Freeze ?? idle.Freeze)}.";
    }

    private static string WhyNotRunning(ServiceSnapshot service)
    {
        if (service.Memory.Starts is { Last: { } last } starts && starts.Holds(service.At))
        {
            return $"The last failure: {last.Message}. {(starts.Failures == 1 ? "No" : $"{starts.Failures} failures in a row; no")} start before {starts.Until:HH:mm:ss}.";
        }

        if (service.Instances.FirstOrDefault(i => i.View.Operation is not null)?.View is { Operation: { } operation } view)
        {
            return $"{view.Id} is {operation.Kind.ToString().ToLowerInvariant()} since {Seconds(service.At - operation.Since)}.";
        }

        return service.Decisions.LastOrDefault(d => d.Action is "freeze" or "page-out" or "image" or "stop") is { } slept
            ? $"{Sentence(slept.Action)} at {slept.At:HH:mm:ss}: {slept.Reason} ({slept.Trigger})."
            : service.Memory.Starts is { Last: { } failed, At: { } at } ? $"The last failure, at {at:HH:mm:ss}: {failed.Message}."
            : "Nobody asked for it yet.";
    }

    private static string WhoWoke(ServiceSnapshot service) =>
        service.Decisions.LastOrDefault(d => d.Action is "start" or "wake") is { } woken
            ? $"{woken.Trigger} at {woken.At:HH:mm:ss}: {woken.Reason}. Way: {woken.Inputs.FirstOrDefault(i => i.Key == "way").Value}"
                + (woken.Alternatives.Count == 0 ? "." : $", because {string.Join("; ", woken.Alternatives)}.")
            : "Nobody, since the platform started.";

    private static string WhyAwake(ServiceSnapshot service)
    {
        var running = service.Instances.Where(i => i.View is { Tier: Tier.Running }).ToList();
        if (running.Count == 0)
        {
            return $"It has: {service.Tier.ToString().ToLowerInvariant()}.";
        }

        var busy = running.Sum(i => i.View.InFlight);
        var spec = service.Revision.Spec;
        return (busy, service.Gate.Waiting, spec.Scale.Min) switch
        {
            ( > 0, _, _) => $"It works: {busy} in flight; open streams and WebSockets are work.",
            (_, > 0, _) => $"{service.Gate.Waiting} requests wait for it.",
            (_, _, > 0) => $"scale.min keeps {spec.Scale.Min} running.",
            _ when service.Memory.Pauses.Holds(service.At) => $"The last freeze failed: {service.Memory.Pauses.Last?.Message}; tried again at {service.Memory.Pauses.Until:HH:mm:ss}.",
            _ => $"It will at {running.Max(i => i.View.IdleSince) + (service.Load.Ladder?.Freeze ?? spec.Idle.Freeze):HH:mm:ss} if nothing comes.",
        };
    }

    private static string WhatWaited(ServiceSnapshot service)
    {
        if (service.LastWait is not { } wait)
        {
            return "None has waited since the platform started.";
        }

        if (wait.Outcome != WaitRecord.Served)
        {
            return $"{wait.Trigger} at {wait.At:HH:mm:ss} was refused after {Seconds(wait.Gate)}: {wait.Outcome}.";
        }

        var what = wait.Wake > TimeSpan.Zero ? $"{Name(wait.Way)} of {wait.Instance} took {Seconds(wait.Wake)}" : "it waited for a slot only";
        return $"{wait.Trigger} at {wait.At:HH:mm:ss} waited {Seconds(wait.Gate)}; {what}.";
    }

    private static string Name(WakeWay way) => way switch
    {
        WakeWay.Frozen => "the thaw",
        WakeWay.Restored => "the restore",
        WakeWay.Cold => "the cold start",
        _ => "nothing",
    };

    private static string Sentence(string action) => action switch
    {
        "freeze" => "Frozen",
        "page-out" => "Paged out",
        "image" => "Put to sleep as an image",
        _ => "Stopped",
    };

    internal static string Seconds(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? $"{time.TotalMilliseconds:0.#} ms"
        : time < TimeSpan.FromMinutes(2) ? $"{time.TotalSeconds:0.#} s"
        : $"{time.TotalMinutes:0} min";
}
