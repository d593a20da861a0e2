using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Services;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Capacity;

public sealed class CapacityLedgerTests
{
    private const long GiB = 1L << 30;

    private static readonly ServiceSpec A = Of("a", "acme"), B = Of("b", "bees"), C = Of("c", "acme");

    [Fact]
    public void Law_NeverMoreThanThereIs_AndFair()
    {
        for (var seed = 1; seed <= 150; seed++)
        {
            new LedgerWorld(seed).Run(rounds: 30);
        }
    }

    [Fact]
    public void Canary_ALedgerThatBelievesInMore_IsFoundOut() =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Enumerable.Range(1, 20).ToList().ForEach(seed => new LedgerWorld(seed, planted: true).Run(rounds: 30)));

    [Fact]
    public void Law_TheSameAsks_GiveTheSameShares()
    {
        var (one, two) = (new LedgerWorld(7), new LedgerWorld(7));
        one.Run(50);
        two.Run(50);
        Assert.Equal(one.Trace, two.Trace);
    }

    [Fact]
    public void Alone_AServiceIsOfferedTheWholeHost()
    {
        var ledger = new CapacityLedger(new(2, 4 * GiB, []));

        var grant = ledger.Grant(A);
        Assert.Equal((2, 4 * GiB, int.MaxValue, "the host's 2 cores"), (grant.CpuCores, grant.MemoryBytes, grant.Instances, grant.By));
        Assert.Empty(ledger.Ask(A, new(0.5, 0.5, GiB, GiB, 1)));
        Assert.Equal(2, ledger.Grant(A).CpuCores);
    }

    /// <summary>What was taken when nobody else wanted it is given back before another one gets it.</summary>
    [Fact]
    public void Bursts_AreTakenBack_BeforeTheyAreGivenOn()
    {
        var ledger = new CapacityLedger(new(2, 4 * GiB, []));
        ledger.Ask(A, new(0.5, 0.5, GiB, GiB, 1));
        ledger.Ask(B, new(0.5, 0.5, GiB, GiB, 1));
        Assert.Empty(ledger.Ask(A, new(1.5, 2, GiB, GiB, 1)));
        Assert.Equal((0.5, "the host's 2 cores, shared by 2 tenants"), (ledger.Grant(B).CpuCores, ledger.Grant(B).By));

        Assert.Equal([A.Service], ledger.Ask(B, new(0.5, 2, GiB, GiB, 1)));
        Assert.Equal((1, 0.5), (ledger.Grant(A).CpuCores, ledger.Grant(B).CpuCores));

        Assert.Equal([B.Service], ledger.Ask(A, new(1, 2, GiB, GiB, 1)));
        Assert.Equal(1, ledger.Grant(B).CpuCores);
        Assert.Empty(ledger.Ask(B, new(1, 2, GiB, GiB, 1)));

        Assert.Equal([A.Service], ledger.Ask(B, new(0.5, 0.5, GiB, GiB, 1)));
        Assert.Equal(1.5, ledger.Grant(A).CpuCores);
        Assert.Equal((1.5 + 0.5, 2 * GiB), ledger.Held);
    }

    [Fact]
    public void Bases_AreGranted_AlsoBeyondTheHost()
    {
        var ledger = new CapacityLedger(new(1, GiB, []));
        ledger.Ask(A, new(1, 2, GiB, GiB, 1));

        Assert.Equal([A.Service], ledger.Ask(B, new(1.5, 6, 3 * GiB, 3 * GiB, 3)));

        Assert.Equal((1.5, 3 * GiB), (ledger.Grant(B).CpuCores, ledger.Grant(B).MemoryBytes));
        Assert.Equal((0.5, GiB), (ledger.Grant(A).CpuCores, ledger.Grant(A).MemoryBytes));
    }

    [Fact]
    public void Quotas_BoundATenant_AndSayWhich()
    {
        var ledger = new CapacityLedger(new(8, 16 * GiB, [new(new("acme"), 1.5, 3 * GiB, 4)]));
        ledger.Ask(A, new(0.5, 2, GiB, 2 * GiB, 1));
        ledger.Ask(C, new(0.5, 0.5, GiB, GiB, 1));

        var grant = ledger.Grant(A);
        Assert.Equal((1, 2 * GiB, 2), (grant.CpuCores, grant.MemoryBytes, grant.Instances));
        Assert.Equal("tenant acme's quota of 1.5 cores", grant.By);
        Assert.Equal("tenant acme's quota of 3Gi of memory", grant.MemoryBy);
        Assert.Equal("tenant acme's quota of 1.5 cores", grant.InstancesBy);
        Assert.Equal(6.5, ledger.Grant(B).CpuCores, 3);
    }

    [Fact]
    public void InstanceQuota_IsSharedByTheServicesOfATenant()
    {
        var ledger = new CapacityLedger(new(8, 16 * GiB, [new(new("acme"), null, null, 4)]));
        ledger.Ask(A, new(1.5, 1.5, GiB, GiB, 3));

        Assert.Equal((1, "tenant acme's quota of 4 instances"), (ledger.Grant(C).Instances, ledger.Grant(C).InstancesBy));
        Assert.Equal(4, ledger.Grant(A).Instances);
        Assert.Equal(int.MaxValue, ledger.Grant(B).Instances);
    }

    [Fact]
    public void Leave_GivesEverythingBack()
    {
        var ledger = new CapacityLedger(new(2, 4 * GiB, []));
        ledger.Ask(A, new(1.5, 2, GiB, GiB, 1));
        ledger.Ask(B, new(0.5, 2, GiB, GiB, 1));

        Assert.Equal([B.Service], ledger.Leave(A));

        Assert.Equal(2, ledger.Grant(B).CpuCores);
        Assert.Equal(1, ledger.Tenants);
        ledger.Leave(B);
        Assert.Equal((0, 0L), ledger.Held);
        Assert.Equal(0, ledger.Tenants);
    }

    [Fact]
    public void AServiceThatChangesItsTenant_TakesItsSharesAlong()
    {
        var ledger = new CapacityLedger(new(2, 4 * GiB, [new(new("bees"), 1, null, null)]));
        ledger.Ask(A, new(1.5, 2, GiB, GiB, 1));
        var moved = A with { Tenant = new("bees") };

        ledger.Ask(moved, new(1.5, 2, GiB, GiB, 1));

        Assert.Equal((1, "tenant bees's quota of 1 core"), (ledger.Grant(moved).CpuCores, ledger.Grant(moved).By));
        Assert.Equal(1, ledger.Tenants);
    }

    private static ServiceSpec Of(string name, string tenant) =>
        Specs.Service(name) with { Tenant = new(tenant), Resources = new ResourceSpec(0.5, GiB, 2, 2 * GiB) };
}
