using Homeostat.Core.Routing;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Events;
using Homeostat.Server.Registry;
using Homeostat.Server.Regulation;

namespace Homeostat.Server.Services;

/// <summary>
/// Changes of what is declared: check everything, make it durable, then let it take effect. One change at a time; reads never wait for them.
/// </summary>
/// <remarks>
/// The order in <see cref="ApplyAsync"/> is what makes a crash harmless at any point: the driver's prepare can be repeated and is forgotten at the next
/// start if the registry does not know the revision; from the registry's write on, the next start routes it.
/// </remarks>
internal sealed class ServiceOperations(RegistryStore registry, IRuntimeDriver driver, ServiceBoard board, EventLog events, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <param name="tenant">Of the address; null: whatever the file says.</param>
    /// <param name="service">Of the address; null: whatever the file says.</param>
    public async Task<ApplyOutcome> ApplyAsync(string text, string? baseFolder, TenantName? tenant, ServiceName? service, bool dryRun, CancellationToken cancel)
    {
        var parsed = ServiceFileParser.Parse(text, baseFolder);
        if (parsed.Spec is not { } spec)
        {
            return new ApplyOutcome.Invalid(parsed.Errors);
        }
        if (ServiceHostCheck.Check(spec, parsed.Places) is { Count: > 0 } errors)
        {
            return new ApplyOutcome.Invalid(errors);
        }
        if (service is { } named && named != spec.Service)
        {
            return new ApplyOutcome.NameMismatch("service", spec.Service.Value, named.Value);
        }
        if (tenant is { } owner && owner != spec.Tenant)
        {
            return new ApplyOutcome.NameMismatch("tenant", spec.Tenant.Value, owner.Value);
        }
        await _one.WaitAsync(cancel);
        try
        {
            return await ApplyCheckedAsync(spec, dryRun, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Unrouted, its instances ended, everything of it given back. False: there is no such service.</summary>
    public async Task<bool> RemoveAsync(ServiceName service, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (!registry.Remove(service, time.GetUtcNow()))
            {
                return false;
            }
            // Once durable it is carried out whether or not the caller still listens.
            await board.RemoveAsync(service, CancellationToken.None);
            events.Add(new PlatformEvent("service.removed", service, null, $"{service} was removed"));
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<ApplyOutcome> ApplyCheckedAsync(ServiceSpec spec, bool dryRun, CancellationToken cancel)
    {
        var current = registry.Find(spec.Service);
        if (current is not null && current.Spec.Tenant != spec.Tenant)
        {
            return new ApplyOutcome.OtherTenant(spec.Service, current.Spec.Tenant);
        }
        var draft = registry.Draft(spec, time.GetUtcNow());
        if (Conflicts(draft) is { Count: > 0 } conflicts)
        {
            return new ApplyOutcome.RoutesTaken(conflicts);
        }
        var changed = draft.Id != current?.Id;
        if (dryRun || !changed)
        {
            return new ApplyOutcome.Applied(draft, changed);
        }
        if (await driver.PrepareAsync(draft, cancel) is { } refused)
        {
            return new ApplyOutcome.NotRunnable(refused);
        }
        try
        {
            registry.Store(draft);
        }
        catch
        {
            // Not durable (disk full?): give back what was prepared, and let the caller see the fault.
            await driver.ForgetAsync(draft.Id, CancellationToken.None);
            throw;
        }
        // Durable: from here on it takes effect whether or not the caller still listens.
        if (await board.ApplyAsync(draft, CancellationToken.None) is { } failure)
        {
            return new ApplyOutcome.NotRunnable(failure);
        }
        events.Add(new PlatformEvent("service.applied", spec.Service, null, $"{draft.Id} was applied"));
        return new ApplyOutcome.Applied(draft, true);
    }

    private IReadOnlyList<RouteConflict<Revision>> Conflicts(Revision draft)
    {
        var others = registry.List().Where(r => r.Id.Service != draft.Id.Service);
        return RouteTable.Build(others.Append(draft).SelectMany(r => r.Spec.Routes.Select(route => KeyValuePair.Create(route, r)))).Conflicts;
    }

    public void Dispose() => _one.Dispose();
}
