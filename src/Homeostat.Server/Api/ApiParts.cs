using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Events;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Hosting;
using Homeostat.Server.Registry;
using Homeostat.Server.Regulation;
using Homeostat.Server.Services;

namespace Homeostat.Server.Api;

/// <summary>What the API shows and acts on.</summary>
internal sealed record ApiParts(
    PlatformOptions Options,
    ServiceOperations Operations,
    ServiceBoard Board,
    RegistryStore Registry,
    IRuntimeDriver Driver,
    EventLog Events,
    Gateway Gateway,
    TimeProvider Time,
    DateTimeOffset StartedAt)
{
    /// <summary>Set once everything serves, and taken back when a stop begins: what <c>/readyz</c> answers.</summary>
    public bool Ready { get; set; }
}
