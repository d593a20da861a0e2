using Homeostat.Server.Events;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Events;

public sealed class EventLogTests
{
    private readonly EventLog _log = new(new VirtualClock(), "run");

    [Fact]
    public async Task Read_Follow_GetsPastAndFutureInOrder()
    {
        Add(1, 3);
        await using var reader = _log.ReadAsync(0, follow: true, CancellationToken.None).GetAsyncEnumerator();
        for (var i = 1; i <= 3; i++)
        {
            Assert.True(await reader.MoveNextAsync().Within("a past event"));
            Assert.Equal($"e{i}", reader.Current.Event.Text);
        }

        var next = reader.MoveNextAsync();
        Assert.False(next.IsCompleted);
        Add(4, 4);

        Assert.True(await next.Within("the next event"));
        Assert.Equal("run-4", reader.Current.Id);
    }

    [Theory]
    [InlineData("run-2", 2)]
    [InlineData("run-99", 3)]
    [InlineData("other-2", 0)]
    [InlineData("run-", 0)]
    [InlineData("2", 0)]
    [InlineData(null, 0)]
    public void After_LastEventId_GoesOnWhereItWas(string? lastId, long after)
    {
        Add(1, 3);

        Assert.Equal(after, _log.After(lastId));
    }

    [Theory]
    [InlineData(EventLog.Capacity, 1)]
    [InlineData(EventLog.Capacity + 1, 2)]
    public async Task Read_MoreThanIsKept_BeginsWithTheOldestKept(int events, long first)
    {
        Add(1, events);

        var numbers = new List<long>();
        await foreach (var logged in _log.ReadAsync(0, follow: false, CancellationToken.None))
        {
            numbers.Add(logged.Number);
        }

        Assert.Equal((first, events, EventLog.Capacity), (numbers[0], (int)numbers[^1], numbers.Count));
    }

    private void Add(int from, int to)
    {
        for (var i = from; i <= to; i++)
        {
            _log.Add(new PlatformEvent("test.happened", null, null, $"e{i}"));
        }
    }
}
