using Homeostat.Core.Forecasting;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Forecasting;

public sealed class ForecastNamesTests
{
    [Fact]
    public void Names_OfModels_MayAllBeWrittenInAServiceFile()
    {
        Assert.All(ForecastModels.Names, name => Assert.Contains(name, PredictSpec.Models));
        Assert.Equal(PredictSpec.Auto, ForecastModels.Auto);
    }
}
