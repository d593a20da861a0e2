using System.Text.Json;
using Homeostat.Client.Wire;
using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Events;
using Homeostat.Server.Monitoring;
using Homeostat.Server.Services;

namespace Homeostat.Server.Api;

/// <summary>What is inside to what is shown. Total and without effects.</summary>
internal static class WireMapping
{
    public static ServiceSummary Summary(ServiceSnapshot service) => new(
        service.Revision.Id.Service.Value,
        service.Revision.Spec.Tenant.Value,
        [.. service.Revision.Spec.Routes.Select(Route)],
        service.Revision.Id.Number,
        TierName(service.Tier),
        service.Instances.Count(i => i.View.Tier != Tier.Stopped),
        service.Revision.Spec.Scale.Min,
        service.Revision.Spec.Scale.Max,
        service.Instances.Sum(i => i.View.InFlight),
        service.Gate.Waiting,
        service.Instances.Sum(i => i.Observed.MemoryBytes),
        service.Instances.Sum(i => i.Observed.ImageBytes) + (service.State.Status?.TemplateBytes ?? 0));

    public static InstanceInfo Instance(InstanceSnapshot instance)
    {
        var (view, seen) = (instance.View, instance.Observed);
        var doing = view.Exit is { } exit ? exit.ToString() : view.Operation?.Kind.ToString().ToLowerInvariant() ?? (view.DrainingSince is null ? null : "draining");
        return new InstanceInfo(
            view.Id.Value, view.Revision.Service.Value, view.Revision.Number, TierName(view.Tier), seen.Pid, seen.Endpoint?.ToString(), seen.StartedAt,
            view.InFlight, Math.Round(seen.CpuTime.TotalSeconds, 3), seen.MemoryBytes, seen.ImageBytes, doing,
            seen.Limits?.Cpu, seen.Limits?.MemoryBytes);
    }

    public static ServiceDetail Detail(ServiceSnapshot service, IReadOnlyList<Revision> history)
    {
        using var spec = JsonDocument.Parse(ServiceFileWriter.Write(service.Revision.Spec));
        return new ServiceDetail(
            Summary(service),
            spec.RootElement.Clone(),
            service.Revision.Digest,
            service.Revision.CreatedAt,
            [.. history.Select(r => new RevisionInfo(r.Id.Number, r.Digest, r.CreatedAt))],
            service.State.Status is { } status ? Images(status) : null,
            [.. service.Instances.Select(Instance)],
            Load(service.Load));
    }

    public static LoadInfo Load(ServiceLoad load) => new(
        load.ServiceTime?.TotalSeconds, load.Starts.Frozen?.TotalSeconds, load.Starts.Restored?.TotalSeconds, load.Starts.Cold?.TotalSeconds, load.Peak,
        load.Ladder?.Freeze.TotalSeconds, load.Ladder?.Image.TotalSeconds,
        load is { Ahead: { } ahead, Books: { } books } ? Forecast(ahead, books, load.Period) : null);

    private static ForecastInfo Forecast(DemandForecast ahead, ForesightBooks books, int? period) => new(
        ahead.Model, Math.Round(ahead.Point, 2), Math.Round(ahead.Quantile, 2), ahead.Until, (period * Foresight.Step)?.TotalSeconds, ahead.Raise,
        Math.Round(books.UsedSeconds), Math.Round(books.WastedSeconds), Math.Round(books.Unforeseen, 1), books.RelativeError);

    public static ArrivalsInfo Arrivals(ServiceName service, DateTimeOffset at, IReadOnlyList<ArrivalCount> seconds) =>
        new(service.Value, at, [.. seconds.Select(s => new ArrivalSecond(s.Second, s.Count))]);

    public static ImageInfo Images(RevisionStatus status) => new(
        status.Template.ToString().ToLowerInvariant(), status.TemplateBytes, status.ClonesAllowed, status.Checkpointable,
        status.Reason?.Message, status.Reason?.Remedy, status.Findings, status.PoolCells, status.Spares, status.PoolBytes);

    public static Explanation Explained(ServiceExplanation explained) => new(
        explained.Service.Value,
        explained.At,
        [.. explained.Answers.Select(a => new ExplanationAnswer(a.Question, a.Answer))],
        [.. explained.Decisions.Select(Decided)]);

    public static ApplyResult Applied(ApplyOutcome.Applied applied, bool dryRun)
    {
        var spec = applied.Revision.Spec;
        return new ApplyResult(spec.Service.Value, spec.Tenant.Value, applied.Revision.Id.Number, applied.Changed, [.. spec.Routes.Select(Route)], dryRun);
    }

    public static EventInfo Event(LoggedEvent logged) => new(
        logged.Id, logged.At, logged.Event.Type, logged.Event.Service?.Value, logged.Event.Instance?.Value, logged.Event.Text, logged.Event.Data);

    public static LogInfo Log(LogLine line) => new(line.At, line.Instance.Value, line.Stream, line.Text);

    public static ProblemError Error(ServiceFileError error) => new(error.Line, error.Column, error.Code, error.Key, error.Message, error.Fix, error.Nearest);

    public static string Route(RouteSpec route) => route.PathPrefix == "/" ? route.Host : route.Host + route.PathPrefix;

    public static string TierName(Tier tier) => tier == Tier.PagedOut ? "paged-out" : tier.ToString().ToLowerInvariant();

    private static DecisionInfo Decided(Decision decision)
    {
        var inputs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in decision.Inputs)
        {
            inputs[name] = value;
        }
        return new DecisionInfo(
            decision.At, decision.Action, decision.Reason, decision.Trigger, inputs, decision.Alternatives, decision.Until,
            decision.Instance?.Value, decision.Failure?.Message, decision.Failure?.Remedy);
    }
}
