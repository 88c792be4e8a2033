"""Words that headers have in common: dictionaries for their compression, part of the format.

What is likeliest stands last, where a reference to it takes the fewest bits.
"""

from __future__ import annotations

import re

# of format versions 1 and 2
FIRST = (
    b'"units":"K","long_name":"Surface temperature","standard_name":"air_temperature",'
    b'"cell_methods":"time: mean","cell_measures":"area: area","calendar":"noleap",'
    b'"units":"days since 0001-01-01 00:00:00","Conventions":"CF-1.7","latitude","longitude",'
    b'"units":"degrees_north","units":"degrees_east","axis":"T","axis":"X","axis":"Y","ncol",'
    b'"contexts":[{"source":"topography","kind":"static","digest":"","bytes":0},{"source":'
    b'"climatology","kind":"monthly","digest":""}],"architecture":{"network":"siren","depth":5,'
    b'"width":32,"omega":30.0,"coordinates":"sphere","skip":true},"ranges":[[-1.0,1.0]],'
    b'"missing":null,"offset":0.0,"scale":1.0,"grid":{"kind":"latlon","lat":"lat","lon":"lon",'
    b'"area":null},"time":{"name":"time","middles":false},"variable":{"name":"TS","dims":["time",'
    b'"lat","lon"],"dtype":"<f4","stored":"<f4","attrs":{},"shape":[1]},"attrs":{},"coords":[{'
    b'"name":"time","dims":["time"],"dtype":"<f8","shape":[1],"attrs":{}}],"sections":[]}'
)

# attributes and their values as CF, CMIP6, CAM, EAM and reanalyses have them
_ATTRIBUTES = (
    "hPa Pa kg m-2 s-1 W m-2 m s-1 m2 s-2 kg kg-1 mm/day m of water equivalent mol mol-1 percent %"
    " precipitation pressure at surface sea level geopotential height specific humidity wind speed"
    " eastward northward cloud fraction radiation flux shortwave longwave upwelling downwelling to"
    "p of atmosphere soil ice snow ocean land daily monthly annual mean maximum minimum source mod"
    'el output prepared for CMIP6 historical ssp245 ssp585 r1i1p1f1 gn piControl amip"variant_labe'
    'l":"","experiment_id":"","activity_id":"CMIP","further_info_url":"https://furtherinfo.es-doc.'
    'org/CMIP6.","tracking_id":"hdl:21.14100/","frequency":"mon","table_id":"Amon","realm":"atmos"'
    ',"grid_label":"gn","nominal_resolution":"100 km","mip_era":"CMIP6","product":"model-output","'
    'creation_date":"T00:00:00Z","license":"CMIP6 model data produced by is licensed under a Creat'
    'ive Commons Attribution 4.0 International License (https://creativecommons.org/licenses/","re'
    'ferences":"https://doi.org/","comment":"","contact":"","username":"","host":"","logname":"","'
    'git_version":"","product":"model-output","realm":"atmos","initial_file":"/","topography_file"'
    ':"/","inputdata/atm/cam/topo/USGS-gtopo30_","time_period_freq":"month_1","title":"EAM History'
    ' file information","source":"E3SM Atmosphere Model","source_id":"E3SM-1-0","institution_id":"'
    'E3SM-Project","institution":"European Centre for Medium-Range Weather Forecasts","source":"CA'
    'M","case":"","Version":"$Name$","revision_Id":"$Id$","history":"NCO netCDF Operators version '
    '(Homepage = http://nco.sf.net)","CDO":"Climate Data Operators","GRIB_","origin":"","pole_valu'
    'e","positive":"down","formula_terms":"a: hyam b: hybm p0: P0 ps: PS","mdims":{"<i4":"AQAAAA=='
    '"},"_FillValue":{"<f4":"7Hitfw=="},"missing_value":{"<f4":"7Hitfw=="},"valid_min":{"<f8":"AAA'
    'AAACAVsA="},"valid_max":{"<f8":"AAAAAACAVkA="},"modulo":{"<f8":"AAAAAACAdkA="},"valid_min":{"'
    '<f8":"AAAAAAAAAAA="},"topology":"circular","realtopology":"linear","grid_mapping":"","initial'
    '_time":"","standard_name":"surface_temperature","long_name":"2 metre temperature","Skin tempe'
    'rature","Near-Surface Air Temperature","standard_name":"air_temperature","basename":"","ncol"'
    ',"cell_measures":"area: areacella","cell_methods":"area: time: mean","cell_measures":"area: a'
    'rea","time: point","attrs":{"Conventions":"CF-1.7 CMIP-6.2","CF-1.8","CF-1.6","CF-1.0"'
)
_CONTEXTS = (
    '"dtype":"<f4","shape":[],"text":["dates":"ns","coordinates":"indices","network":"finer","wire'
    '","gaussian","relu","gelu","features":,"bandwidth":,"spread":,"kind":"columns","lat":"lat","l'
    'on":"lon","area":"area"},"latitude":"longitude":"calendar":"proleptic_gregorian","gregorian",'
    '"standard","360_day","julian","missing":"still","moving","embedded":{"kind":"static","grid":"'
    'latlon","cells":[,"layers":12,"calendar":"noleap","low":0.0,"step":1.0,"title":"Insolation","'
    'digest":"ea1fb7b24c1595f57bc62c1683b3499d","units":"W m-2","bytes":0},{"source":"land_sea_mas'
    'k","digest":"99981e23801c686eaaea15e5a02ef55d","title":"Land-sea mask","units":"1","bytes":},'
    '{"source":"climatology_annual","digest":"f9608ea4fcd844f3b103d1f78a1bc48d","title":"Climatolo'
    'gy, annual mean","units":"K","bytes":2694973},'
)
# a header whole, in the order in which it is written
_HEADER = (
    '{"variable":{"name":"TREFHT","dims":["time","lat","lon"],"shape":[30,192,288],"dtype":"<f4","'
    'stored":"<f4","attrs":{"units":"K","long_name":"Reference height temperature","cell_methods":'
    '"time: mean"}},"attrs":{"Conventions":"CF-1.0"},"coords":[{"name":"time","dims":["time"],"att'
    'rs":{"standard_name":"time","long_name":"time","bounds":"time_bnds","axis":"T","units":"days '
    'since 1850-01-01 00:00:00","hours since 1900-01-01 00:00:00","calendar":"noleap"},"shape":[30'
    '],"dtype":"<f8","dates":"cftime"},{"name":"lat","dims":["lat"],"attrs":{"bounds":"lat_bnds","'
    'axis":"Y","units":"degrees_north","long_name":"Latitude","long_name":"latitude","standard_nam'
    'e":"latitude"},"shape":[192],"dtype":"<f8"},{"name":"lon","dims":["lon"],"attrs":{"bounds":"l'
    'on_bnds","axis":"X","units":"degrees_east","long_name":"Longitude","long_name":"longitude","s'
    'tandard_name":"longitude"},"shape":[288],"dtype":"<f8"},{"name":"time_bnds","dims":["time","n'
    'bnd"],"attrs":{"long_name":"time interval endpoints","units":"days since 1850-01-01 00:00:00"'
    ',"calendar":"noleap"},"shape":[30,2],"dtype":"<f8","dates":"cftime"}],"grid":{"kind":"latlon"'
    ',"lat":"lat","lon":"lon","area":null},"time":{"name":"time","calendar":"noleap","middles":tru'
    'e},"middles":false},"missing":null,"contexts":[{"source":"topography","digest":"dbaf6eef5c495'
    'b47786feb9259dc9f4a","title":"Topography","units":"m","bytes":1203984},{"source":"climatology'
    '","digest":"cc5286126eb5b61eb40f6d96bbefd21f","title":"Climatology by month","units":"K","byt'
    'es":2694973}],"architecture":{"coordinates":"sphere","depth":5,"network":"siren","omega":30.0'
    ',"skip":true,"width":48},"architecture":{"coordinates":"sphere","depth":2,"network":"latent",'
    '"step":0.3,"width":16},"ranges":[[-8370.19,5850.65],[211.007,307.528]],"offset":274.995,"scal'
    'e":24.3401,"latents":{"step":0.5,"shifts":[0.01,0.0],"gain":1.5,"hidden":16},"sections":[17,1'
    "7,17,2"
)

# of format version 3
COMMON = (_ATTRIBUTES + _CONTEXTS + _HEADER).encode()
# of format version 4, whose digests have half as many digits
SHORTER = re.sub(rb"([0-9a-f]{16})[0-9a-f]{16}", rb"\1", COMMON)
