using Homeostat.Core.Activation;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Activation;

public sealed class ActivationGateTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ActivationGate _gate = new(new GateLimits(3, 100, TimeSpan.FromSeconds(10)));

    [Fact]
    public void Enter_AtTheLimitByCount_Waits_OnePastItIsFull()
    {
        Assert.All(Enumerable.Range(0, 3), _ => Enter());

        Assert.Equal(GateEntry.FullByCount, _gate.Enter(Start, 0, "GET /", out var ticket));
        Assert.Null(ticket);
    }

    [Fact]
    public void Enter_AtTheLimitByBytes_Waits_OnePastItIsFull()
    {
        Enter(bytes: 60);
        Enter(bytes: 40);

        Assert.Equal(GateEntry.FullByBytes, _gate.Enter(Start, 1, "GET /", out _));
        Assert.Equal(GateEntry.Waiting, _gate.Enter(Start, 0, "GET /", out _));
    }

    [Fact]
    public void TryGrant_ServesInOrderOfArrival()
    {
        var (first, second) = (Enter(), Enter());

        Assert.Same(first, _gate.TryGrant());
        Assert.Same(second, _gate.TryGrant());
        Assert.Null(_gate.TryGrant());
        Assert.Equal(GateState.Granted, first.State);
    }

    [Fact]
    public void Leave_FreesItsPlaceAndBytes_OnceOnly()
    {
        var ticket = Enter(bytes: 100);

        Assert.True(_gate.Leave(ticket));
        Assert.False(_gate.Leave(ticket));
        Assert.Equal((0, 0L), (_gate.Count, _gate.HeldBytes));
    }

    [Fact]
    public void Leave_AfterTheGrant_IsTooLate()
    {
        var ticket = Enter();
        _gate.TryGrant();

        Assert.False(_gate.Leave(ticket));
    }

    [Fact]
    public void Expire_TakesOutThoseWhoseTimeIsOver_AtTheInstantAndNotBefore()
    {
        var early = Enter();
        var late = Enter(at: Start.AddSeconds(1));

        Assert.Equal(Start.AddSeconds(10), _gate.NextExpiry);
        Assert.Empty(_gate.Expire(Start.AddSeconds(9.999)));
        Assert.Equal([early], _gate.Expire(Start.AddSeconds(10)));
        Assert.Equal((GateState.TimedOut, GateState.Waiting), (early.State, late.State));
    }

    [Fact]
    public void Expire_AfterTheHoldTimeWasShortened_StillInOrder()
    {
        var first = Enter();
        _gate.Limits = _gate.Limits with { HoldTime = TimeSpan.FromSeconds(1) };
        var second = Enter(at: Start.AddSeconds(1));

        Assert.Empty(_gate.Expire(Start.AddSeconds(5)));
        Assert.Equal([first, second], _gate.Expire(Start.AddSeconds(10)));
    }

    [Fact]
    public void RefuseAll_LeavesThoseWhoCameLater()
    {
        var (first, second, third) = (Enter(), Enter(), Enter());

        Assert.Equal([first, second], _gate.RefuseAll(second.Number));
        Assert.Same(third, _gate.Oldest);
    }

    [Theory]
    [InlineData(10, 30)]
    [InlineData(30, 32)]
    [InlineData(60, 62)]
    [InlineData(600, 120)]
    public void LimitsFor_HoldLongerThanTheDeclaredStart_UpToTwoMinutes(int start, int hold)
    {
        var spec = Specs.Service() with { Health = new(Timeout: TimeSpan.FromSeconds(start)) };

        Assert.Equal(TimeSpan.FromSeconds(hold), GateLimits.For(spec).HoldTime);
    }

    private GateTicket Enter(long bytes = 0, DateTimeOffset? at = null)
    {
        Assert.Equal(GateEntry.Waiting, _gate.Enter(at ?? Start, bytes, "GET /", out var ticket));
        return ticket!;
    }
}
