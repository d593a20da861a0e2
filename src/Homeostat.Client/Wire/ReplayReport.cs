using System.Text.Json.Serialization;

namespace Homeostat.Client.Wire;

/// <summary>What <c>homeostat replay -o json</c> says. Times in seconds.</summary>
/// <param name="Trace">As it was named.</param>
/// <param name="Requests">Played ones.</param>
/// <param name="Found">Requests in the part of the trace that was played; more than <paramref name="Requests"/> where it was thinned out.</param>
/// <param name="Costs">What wakes and starts were taken to cost.</param>
public sealed record ReplayReport(
    string Trace,
    long Requests,
    IReadOnlyList<ReplayPolicyReport> Policies,
    double Found,
    double Seconds,
    DateTimeOffset Start,
    long Seed,
    ReplayServiceReport Service,
    ReplayCosts Costs);

/// <param name="WaitP50">Time in the gate that half of the served requests did not exceed.</param>
/// <param name="Wakes">Starts and wakes of instances.</param>
/// <param name="InstanceSeconds">Instances starting or running, times seconds; frozen ones and images not.</param>
/// <param name="GbSeconds">Memory of instances in any tier and of parked spares.</param>
/// <param name="BusySeconds">Requests being served, times seconds.</param>
/// <param name="InstancesMost">The most instances awake at one time.</param>
/// <param name="Actions">What was done how often.</param>
/// <param name="Digest">Fingerprint of all waits and decisions.</param>
/// <param name="Decisions">The first ones, where they were asked for.</param>
public sealed record ReplayPolicyReport(
    string Policy,
    double WaitP50,
    double WaitP95,
    double WaitP99,
    long Wakes,
    double InstanceSeconds,
    double GbSeconds,
    long Served,
    long Refused,
    double WaitMean,
    double WaitMost,
    double BusySeconds,
    int InstancesMost,
    IReadOnlyDictionary<string, long> Actions,
    string Digest,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DecisionInfo>? Decisions = null);

/// <summary>The service that was played. Times in seconds.</summary>
/// <param name="ServiceTime">Mean time a request takes to be served.</param>
/// <param name="ServiceTimeVariation">Its deviation by its mean.</param>
public sealed record ReplayServiceReport(
    int Min, int Max, int ConcurrencyTarget, int ConcurrencyLimit, double Freeze, double Image, double Stop, double ServiceTime, double ServiceTimeVariation);

/// <summary>What wakes, starts and sleeps cost, in milliseconds, and what memory is held, in MB (1e6 bytes). The form of the file for <c>--costs</c>; what is left out is built in.</summary>
/// <param name="Source">Where the figures come from, for people.</param>
/// <param name="Thaw">A frozen instance.</param>
/// <param name="PageIn">A paged-out one.</param>
/// <param name="Restore">From its sleep image.</param>
/// <param name="Template">A new one from the template image.</param>
/// <param name="Spare">A parked spare.</param>
/// <param name="Cold">The program executed until it listens.</param>
/// <param name="Dump">To a sleep image.</param>
/// <param name="DockerStart">What the peers' engine takes, for <c>--peer-costs own</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReplayCosts(
    string? Source = null,
    double? Thaw = null,
    double? PageIn = null,
    double? Restore = null,
    double? Template = null,
    double? Spare = null,
    double? Cold = null,
    double? Freeze = null,
    double? PageOut = null,
    double? Dump = null,
    double? Stop = null,
    double? DockerStart = null,
    double? RunningMb = null,
    double? PagedOutMb = null,
    double? ImageMb = null);
