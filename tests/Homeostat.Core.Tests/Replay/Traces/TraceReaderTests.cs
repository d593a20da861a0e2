using System.IO.Compression;
using System.Text;
using Homeostat.Core.Replay.Traces;
using Xunit;

namespace Homeostat.Core.Tests.Replay.Traces;

public sealed class TraceReaderTests
{
    [Theory]
    [InlineData("3\n0\n7.5\n", "one count per line")]
    [InlineData("\uFEFFcount\r\n3\r\n0\r\n7.5\r\n\r\n", "one count per line")]
    [InlineData("# made by hand\n3\n# a word\n0\n7.5", "one count per line")]
    [InlineData("1\t3\n2\t0\n3\t7.5\n", "counts in columns")]
    [InlineData("minute requests\n1 3\n2 0\n3 7.5\n", "counts in columns")]
    [InlineData("ts,value\n1628640000,3\n1628640060,0\n1628640120,7.5\n", "counts in columns")]
    [InlineData("\"period\";\"count\"\n\"1998-04-30 21:30:00\";3\n1998-04-30 21:31:00;0\n1998-04-30 21:32:00;7.5\n", "counts in columns")]
    [InlineData("host,region,requests\na,x,3\na,x,0\na,x,7.5\n", "counts in columns")]
    public void Read_Counts_AreFoundWhereverTheyStand(string text, string format)
    {
        var trace = Trace(text);
        Assert.Equal((TraceKind.Counts, format), (trace.Kind, trace.Format));
        Assert.Equal([3, 0, 7.5], trace.Counts);
    }

    [Theory]
    [InlineData("1700000000.5\n1700000003\n1700000001\n", "one request time per line")]
    [InlineData("1700000000500\n1700000003000\n1700000001000\n", "one request time per line")]
    [InlineData("2023-11-14T22:13:20.5Z\n2023-11-14 22:13:23\n2023-11-14T23:13:21+01:00\n", "one request time per line")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-14 22:13:20.5000000,374,44\n2023-11-14 22:13:21.0000000,1,2\n2023-11-14 22:13:23.0000000,1,2\n", "request times in columns")]
    [InlineData("{\"level\":\"info\",\"ts\":1700000000.5}\n{\"ts\":\"2023-11-14T22:13:23Z\"}\n{\"time\":1700000001}\n", "JSON lines")]
    public void Read_Requests_AreSortedByTime(string text, string format)
    {
        var trace = Trace(text);
        Assert.Equal((TraceKind.Requests, format), (trace.Kind, trace.Format));
        Assert.Equal([1700000000.5, 1700000001, 1700000003], trace.Times);
    }

    [Fact]
    public void Read_AccessLog_TakesTheBracketedTime()
    {
        var trace = Trace("127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326\nblog:80 ::1 - - [10/Oct/2000:20:55:38 +0000] \"GET /a[1] HTTP/1.1\" 200 1 \"-\" \"x\"\n");
        Assert.Equal((TraceKind.Requests, "access log"), (trace.Kind, trace.Format));
        Assert.Equal([971211336, 971211338], trace.Times);
    }

    [Theory]
    [InlineData("", "the trace is empty")]
    [InlineData("\n# nothing\n\n", "the trace is empty")]
    [InlineData("count\n", "there is a heading but no data")]
    [InlineData("3\n\n4\n", "line 2: the line is empty: a count is missing here")]
    [InlineData("ts,value\n1628640000,3\n1628640060,\n1628640120,4\n", "line 3: the count is missing")]
    [InlineData("3\n-1\n", "line 2: '-1' is negative: demand can't be")]
    [InlineData("3\nNaN\n", "line 2: 'NaN' is not a finite number")]
    [InlineData("3\nInfinity\n", "line 2: 'Infinity' is not a finite number")]
    [InlineData("3\n1e999\n", "line 2: '1e999' is not a finite number")]
    [InlineData("3\nmany\n4\n", "line 2: 'many' is not a number")]
    [InlineData("Once\nupon\n", "line 2: 'upon' is not a number")]
    [InlineData("Once upon a time\nthere was a service\n", "no column is numbers or times")]
    [InlineData("a,b\n1.5,2.5\n3,4\n", "2 columns are numbers, and no heading says which is the count")]
    [InlineData("ts,value\n1628640000,3\nyesterday,4\n1628640120,4\n1628640180,4\n", "line 3: 'yesterday' is not a time")]
    [InlineData("ts,value\n1628640000,3\n1628640060\n1628640120,4\n", "line 3: '1628640060' has 1 column, fewer than the lines before")]
    [InlineData("{\"ts\":1700000000}\n{\"ts\":\n", "line 2: '{\"ts\":' has no time that can be read (JSON lines)")]
    public void Read_WhatIsWrong_IsNamedWithItsLine(string text, string said)
    {
        var reading = TraceReader.Read(new StringReader(text));
        Assert.Null(reading.Trace);
        Assert.Equal(said, reading.Problem!.ToString());
        Assert.NotEmpty(reading.Problem.Remedy);
    }

    [Fact]
    public void Read_Limits_HoldAtThemAndRefuseOneMore()
    {
        Assert.Equal(3, Trace("1\n2\n3\n", new TraceLimits(PointsMax: 3)).Counts.Length);
        Assert.Equal("line 4: more than 3 points", TraceReader.Read(new StringReader("1\n2\n3\n4\n"), new TraceLimits(PointsMax: 3)).Problem!.ToString());
        Assert.Equal([1234], Trace("1234\n", new TraceLimits(LineCharactersMax: 4)).Counts);
        Assert.Equal("line 2: the line is longer than 4 characters", TraceReader.Read(new StringReader("1\n12345"), new TraceLimits(LineCharactersMax: 4)).Problem!.ToString());
        Assert.NotNull(TraceReader.Read(new StringReader(new string('1', 1_000_000)), new TraceLimits(LineCharactersMax: 100)).Problem);
    }

    [Fact]
    public void Read_Gzip_IsUnpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write("5\n6\n"u8);
        }
        packed.Position = 0;
        Assert.Equal([5, 6], TraceReader.Read(packed).Trace!.Counts);
        using var plain = new MemoryStream(Encoding.UTF8.GetBytes("5\n6\n"));
        Assert.Equal([5, 6], TraceReader.Read(plain).Trace!.Counts);
        using var damaged = new MemoryStream([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        Assert.Contains("gzip", TraceReader.Read(damaged).Problem!.Message, StringComparison.Ordinal);
        for (var kept = 2; kept < packed.Length; kept++)
        {
            using var cut = new MemoryStream(packed.ToArray()[..kept]);
            Assert.Contains("cut off", TraceReader.Read(cut).Problem?.Message ?? $"nothing with {kept} bytes", StringComparison.Ordinal);
        }
    }

    private static Trace Trace(string text, TraceLimits? limits = null)
    {
        var reading = TraceReader.Read(new StringReader(text), limits);
        Assert.Null(reading.Problem);
        return reading.Trace!;
    }
}
